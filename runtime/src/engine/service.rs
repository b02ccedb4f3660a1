//! HTTP requests to sessions, and answers to requests. Where the statuses, bodies and headers of Engine.IO are decided.

mod session;

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::upgrade::OnUpgrade;
use session::{Asking, Post};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{
    Forbidden, HandshakeRequest, OpenError, RemoteAddr, Secure, TransportKind,
    handle::Shared,
    opening::Opening,
    options::Front,
    options::NotPacked,
    registry::Found,
    transport::{
        farewell::Farewell,
        polling::{Command, MAX_COMMANDS, Polling, Reply},
    },
    upgrade::{self, AcceptError, is_upgrade},
};
use crate::protocol::engine_io::{
    Dialect,
    dialect::Payload,
    handshake::{Asked, ErrorCode, Query},
    jsonp,
};

type Answer = Response<Full<Bytes>>;

/// Why a request gets no better answer.
struct Refusal {
    code: ErrorCode,
    /// In the place of the code's own.
    message: Option<String>,
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: None }
    }
}

impl From<Forbidden> for Refusal {
    fn from(forbidden: Forbidden) -> Self {
        Self { code: ErrorCode::Forbidden, message: forbidden.message().map(str::to_owned) }
    }
}

/// How a request is answered.
enum Course<B> {
    Done(Result<Answer, Refusal>),
    /// By its session.
    Session(Asking<B>),
    /// In whatever else it takes. Apart, so that the future of a poll, of which there are many, is small.
    Apart(BoxFuture<'static, Result<Answer, Refusal>>),
}

/// Answers one request.
pub(crate) async fn handle<B>(shared: Arc<Shared>, request: Request<B>) -> Answer
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    let upgrade = is_upgrade(request.method(), request.headers());
    let front = Front::new(&shared.config, &request);
    let mut opens = false;
    let answer = if front.intercepts() {
        drop(request);
        Box::pin(front.intercept()).await.unwrap_or(Err(ErrorCode::BadRequest)).map_err(Refusal::from)
    } else {
        // The request ends here: nothing of it is held while a poll waits.
        let answer = match dispatch(&shared, request, upgrade, &mut opens) {
            Course::Done(answer) => answer,
            Course::Session(asking) => asking.answer(&shared).await,
            Course::Apart(answer) => answer.await,
        };
        match answer {
            Ok(answer) if front.packs(&answer) => Ok(Box::pin(front.pack(answer)).await),
            answer => answer,
        }
    };
    let refusals = shared.registry.refusals();
    let mut answer = match answer {
        Ok(answer) => {
            opens &= matches!(answer.status(), StatusCode::OK | StatusCode::SWITCHING_PROTOCOLS);
            if answer.status() == StatusCode::PAYLOAD_TOO_LARGE {
                refusals.payloads.add();
            }
            answer
        }
        Err(refusal) => {
            opens = false;
            refusals.request(refusal.code);
            if upgrade { refuse_upgrade(refusal) } else { refuse(&refusal) }
        }
    };
    front.add_headers(&mut answer, opens);
    answer
}

/// One arm for each kind of request, in the order of JavaScript's checks.
fn dispatch<B>(shared: &Arc<Shared>, request: Request<B>, upgrade: bool, opens: &mut bool) -> Course<B>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    let asked = Asked::parse(request.uri().query().unwrap_or_default());
    *opens = asked.session.is_none();
    if *request.method() == Method::OPTIONS {
        return Course::refused(ErrorCode::BadHandshakeMethod);
    }
    let transport = match asked.transport.as_deref() {
        Some("polling") if shared.config.polling => TransportKind::Polling,
        Some("websocket") if shared.config.websocket => TransportKind::WebSocket,
        _ => return Course::refused(ErrorCode::UnknownTransport),
    };
    let Some(sid) = &asked.session else {
        return open(shared, request, transport, upgrade);
    };
    match (shared.registry.find(sid), transport) {
        (Found::Unknown, _) => Course::refused(ErrorCode::UnknownSession),
        (Found::Polling(session, _), TransportKind::WebSocket) if upgrade => {
            let query = Query::parse(request.uri().query().unwrap_or_default());
            Course::Done(probe(shared, request, Some((session, query))).map_err(Refusal::from))
        }
        // JavaScript accepts it too, to close it at once; the session notices nothing.
        (Found::WebSocket, TransportKind::WebSocket) if upgrade => {
            Course::Done(probe(shared, request, None).map_err(Refusal::from))
        }
        (Found::Polling(session, id), TransportKind::Polling) if !upgrade => {
            let script = asked.jsonp.filter(|_| shared.config.jsonp).map(Cow::into_owned);
            let post = match *request.method() {
                Method::GET => None,
                Method::POST => {
                    let content_type = request.headers().get(header::CONTENT_TYPE);
                    let binary = content_type
                        .is_some_and(|value| value.as_bytes().starts_with(b"application/octet-stream"));
                    let (limit, form) = (shared.config.max_payload, script.is_some());
                    Some(Post { body: request.into_body(), limit, binary, form })
                }
                // JavaScript's server answers 500.
                _ => return Course::refused(ErrorCode::BadHandshakeMethod),
            };
            Course::Session(Asking { session, id, script, post })
        }
        _ => Course::refused(ErrorCode::BadRequest),
    }
}

impl<B> Course<B> {
    fn refused(code: ErrorCode) -> Self {
        Self::Done(Err(code.into()))
    }
}

/// A handshake.
fn open<B>(shared: &Arc<Shared>, request: Request<B>, transport: TransportKind, upgrade: bool) -> Course<B>
where
    B: Send + 'static,
{
    match transport {
        _ if *request.method() != Method::GET => return Course::refused(ErrorCode::BadHandshakeMethod),
        TransportKind::Polling if upgrade => return Course::refused(ErrorCode::BadRequest),
        TransportKind::WebSocket if !upgrade => return Course::refused(ErrorCode::BadRequest),
        _ => {}
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let Some(dialect) = Dialect::of(&query, shared.config.allow_eio3) else {
        return Course::refused(ErrorCode::UnsupportedRevision);
    };
    let script = query.jsonp.clone().filter(|_| shared.config.jsonp);
    // Its body, whatever it is, is not looked at.
    let mut request = request.map(drop);
    let (handshake, upgraded) = handshake_request(&mut request, transport, dialect);
    let handshake = Arc::new(handshake);
    let Some(permit) = begin_handshake(shared) else {
        return Course::Done(Ok(unavailable(&OpenError::TooManyHandshakes, upgrade)));
    };
    let allowed = move |shared: &Arc<Shared>, handshake, permit| match transport {
        TransportKind::Polling => open_polling(shared, handshake, script.as_deref()),
        TransportKind::WebSocket => open_websocket(shared, request.headers(), upgraded, handshake, permit),
    };
    if shared.config.hooks.allow_all() {
        return Course::Done(Ok(allowed(shared, handshake, permit)));
    }
    let shared = Arc::clone(shared);
    Course::Apart(Box::pin(async move {
        let allows = shared.config.hooks.allows(&handshake);
        match tokio::time::timeout(shared.config.handshake_timeout, allows).await {
            Ok(Ok(())) => Ok(allowed(&shared, handshake, permit)),
            Ok(Err(forbidden)) => Err(forbidden.into()),
            Err(_) => {
                shared.registry.refusals().late_handshakes.add();
                Ok(unavailable(&OpenError::TooLate, upgrade))
            }
        }
    }))
}

/// A place among the handshakes on their way; `None` if there is none.
fn begin_handshake(shared: &Shared) -> Option<OwnedSemaphorePermit> {
    let permit = Arc::clone(&shared.handshakes).try_acquire_owned().ok();
    if permit.is_none() {
        shared.registry.refusals().handshakes.add();
    }
    permit
}

/// A handshake: the answer is the OPEN packet.
fn open_polling(shared: &Arc<Shared>, request: Arc<HandshakeRequest>, script: Option<&str>) -> Answer {
    let outbox = shared.outbox();
    let (sender, commands) = mpsc::channel(MAX_COMMANDS);
    let address = shared.config.client_address.of(&request);
    let registration = match shared.registry.register(outbox.clone(), Some(sender), address) {
        Ok(registration) => registration,
        Err(error) => return unavailable(&error, false),
    };
    let upgradable = shared.config.allow_upgrades && shared.config.websocket;
    let dialect = request.dialect;
    let open = dialect.open_payload(&shared.open_packet(&registration, upgradable));
    let cookie = shared.config.cookie.as_ref().and_then(|cookie| cookie.header(registration.id()));
    shared.start_polling(Polling::new(commands, dialect), request, outbox, registration);
    let mut answer = payload(open, script);
    if let Some(cookie) = cookie {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// A handshake on WebSocket: the session begins when the stream is there.
fn open_websocket(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    upgraded: Option<OnUpgrade>,
    handshake: Arc<HandshakeRequest>,
    permit: OwnedSemaphorePermit,
) -> Answer {
    let switched =
        upgrade::answer(headers).and_then(|answer| Ok((answer, upgraded.ok_or(AcceptError::NotUpgradable)?)));
    let (answer, upgrade) = match switched {
        Ok(switched) => switched,
        Err(error) => {
            shared.registry.refusals().requests.add();
            return with_close(error.response());
        }
    };
    let outbox = shared.outbox();
    let address = shared.config.client_address.of(&handshake);
    let registration = match shared.registry.register(outbox.clone(), None, address) {
        Ok(registration) => registration,
        Err(error) => return unavailable(&error, true),
    };
    Opening::new(shared, upgrade, handshake, outbox, registration, permit).spawn();
    answer
}

/// A WebSocket for a session that polls, or for none, and then it is closed at once.
fn probe<B>(
    shared: &Arc<Shared>,
    mut request: Request<B>,
    session: Option<(mpsc::Sender<Command>, Query)>,
) -> Result<Answer, ErrorCode> {
    if session.is_some() && !shared.config.allow_upgrades {
        return Err(ErrorCode::BadRequest);
    }
    let Some(permit) = begin_handshake(shared) else {
        return Ok(unavailable(&OpenError::TooManyHandshakes, true));
    };
    let (answer, upgrade) = match upgrade::accept(&mut request) {
        Ok(switched) => switched,
        Err(error) => {
            shared.registry.refusals().requests.add();
            return Ok(with_close(error.response()));
        }
    };
    let shared = shared.clone();
    tokio::spawn(async move {
        let upgraded = tokio::time::timeout(shared.config.upgrade_timeout, upgrade).await;
        let stream = shared.upgraded(upgraded.ok());
        drop(permit);
        let Some(stream) = stream else { return };
        let mut refused = Box::new(stream);
        if let Some((session, query)) = session {
            match session.send(Command::Probe(refused, query)).await {
                Err(mpsc::error::SendError(Command::Probe(stream, _))) => refused = stream,
                _ => return,
            }
        }
        Farewell::new(*refused, 1000, shared.config.flush_timeout).await;
    });
    Ok(answer)
}

fn answer(reply: Reply, script: Option<&str>) -> Result<Answer, ErrorCode> {
    match reply {
        Reply::Payload(body) => Ok(payload(body, script)),
        Reply::Plain(body) => {
            let mut answer = payload(body, script);
            answer.extensions_mut().insert(NotPacked);
            Ok(answer)
        }
        // Not text/plain, which some browsers would offer to download.
        Reply::Ok => Ok(text("text/html", Bytes::from_static(b"ok"))),
        Reply::TooLarge => Ok(status(StatusCode::PAYLOAD_TOO_LARGE)),
        Reply::Refused(error) => Err(error),
    }
}

fn text(content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn payload(payload: Payload, script: Option<&str>) -> Answer {
    match script {
        Some(index) => text("text/javascript; charset=UTF-8", jsonp::script(index, &payload).into()),
        None if payload.binary => text("application/octet-stream", payload.body),
        None => text("text/plain; charset=UTF-8", payload.body),
    }
}

fn status(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

fn refuse(Refusal { code, message }: &Refusal) -> Answer {
    let mut answer = Response::new(Full::from(code.to_json(message.as_deref())));
    *answer.status_mut() = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// On a WebSocket request there is no JSON, and no status but 400.
fn refuse_upgrade(Refusal { code, message }: Refusal) -> Answer {
    let mut answer = Response::new(Full::from(message.unwrap_or_else(|| code.message().to_owned())));
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    with_close(answer)
}

fn unavailable(error: &OpenError, upgrade: bool) -> Answer {
    tracing::warn!(%error, "a handshake is refused");
    let mut answer = Response::new(Full::from(error.to_string()));
    *answer.status_mut() = match error {
        OpenError::FullForAddress => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=UTF-8"));
    if upgrade { with_close(answer) } else { answer }
}

fn with_close(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// What a session keeps of its request; and the upgrade, which would keep the connection's HTTP side with it.
fn handshake_request(
    request: &mut Request<()>,
    transport: TransportKind,
    dialect: Dialect,
) -> (HandshakeRequest, Option<OnUpgrade>) {
    // Nobody else looks at them any more.
    let mut extensions = std::mem::take(request.extensions_mut());
    let upgrade = extensions.remove::<OnUpgrade>();
    let remote_addr = extensions.remove::<RemoteAddr>().map(|addr| addr.0);
    let secure = extensions.remove::<Secure>().is_some();
    let uri = request.uri().to_string();
    let mut copy = HandshakeRequest::of(&uri, request.headers(), extensions);
    (copy.remote_addr, copy.secure) = (remote_addr, secure);
    (copy.transport, copy.dialect) = (transport, dialect);
    (copy, upgrade)
}
