//! HTTP requests to sessions, and answers to requests. Where the statuses, bodies and headers of Engine.IO are decided.

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::upgrade::OnUpgrade;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tracing::Instrument;

use super::{
    Forbidden, HandshakeRequest, OpenError, RemoteAddr, Secure, TransportKind,
    handle::Shared,
    io::Io,
    options::Front,
    options::NotPacked,
    registry::Found,
    transport::{
        farewell::Farewell,
        polling::{Body, Command, MAX_COMMANDS, Polling, Reply},
        websocket::Stream,
    },
    upgrade::{is_upgrade, switch},
};
use crate::protocol::engine_io::{
    Dialect,
    dialect::Payload,
    handshake::{ErrorCode, Query},
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

/// Answers one request.
pub(crate) async fn handle<B>(shared: Arc<Shared>, request: Request<B>) -> Answer
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let upgrade = is_upgrade(request.method(), request.headers());
    let is_handshake = query.session.is_none();
    let front = Front::new(&shared.config, &request);
    let (answer, opens) = match front.intercept().await {
        Some(answer) => (answer.map_err(Refusal::from), false),
        None => match dispatch(&shared, request, query, upgrade).await {
            Ok(answer) => {
                let opens = is_handshake
                    && matches!(answer.status(), StatusCode::OK | StatusCode::SWITCHING_PROTOCOLS);
                (Ok(front.pack(answer).await), opens)
            }
            Err(refusal) => (Err(refusal), false),
        },
    };
    let refusals = shared.registry.refusals();
    let mut answer = match answer {
        Ok(answer) => {
            if answer.status() == StatusCode::PAYLOAD_TOO_LARGE {
                refusals.payloads.add();
            }
            answer
        }
        Err(refusal) => {
            refusals.request(refusal.code);
            if upgrade { refuse_upgrade(refusal) } else { refuse(&refusal) }
        }
    };
    front.add_headers(&mut answer, opens);
    answer
}

/// One arm for each kind of request, in the order of JavaScript's checks.
async fn dispatch<B>(
    shared: &Arc<Shared>,
    request: Request<B>,
    query: Query,
    upgrade: bool,
) -> Result<Answer, Refusal>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    let method = request.method().clone();
    if method == Method::OPTIONS {
        return Err(ErrorCode::BadHandshakeMethod.into());
    }
    let transport = match query.transport.as_deref() {
        Some("polling") if shared.config.polling => TransportKind::Polling,
        Some("websocket") if shared.config.websocket => TransportKind::WebSocket,
        _ => return Err(ErrorCode::UnknownTransport.into()),
    };
    let Some(sid) = query.session.clone() else {
        match transport {
            _ if method != Method::GET => return Err(ErrorCode::BadHandshakeMethod.into()),
            TransportKind::Polling if upgrade => return Err(ErrorCode::BadRequest.into()),
            TransportKind::WebSocket if !upgrade => return Err(ErrorCode::BadRequest.into()),
            _ => {}
        }
        let dialect = Dialect::of(&query, shared.config.allow_eio3).ok_or(ErrorCode::UnsupportedRevision)?;
        let script = script_index(shared, &query).map(str::to_owned);
        let handshake = Arc::new(handshake_request(&request, transport, dialect));
        let Some(permit) = begin_handshake(shared) else {
            return Ok(unavailable(&OpenError::TooManyHandshakes, upgrade));
        };
        let allows = shared.config.hooks.allows(&handshake);
        match tokio::time::timeout(shared.config.handshake_timeout, allows).await {
            Ok(allowed) => allowed?,
            Err(_) => {
                shared.registry.refusals().late_handshakes.add();
                return Ok(unavailable(&OpenError::TooLate, upgrade));
            }
        }
        return match transport {
            TransportKind::Polling => Ok(open_polling(shared, handshake, script.as_deref())),
            TransportKind::WebSocket => Ok(open_websocket(shared, request, handshake, permit)),
        };
    };
    match (shared.registry.find(&sid), transport) {
        (Found::Unknown, _) => Err(ErrorCode::UnknownSession.into()),
        (Found::Polling(session), TransportKind::WebSocket) if upgrade => {
            Ok(probe(shared, request, Some((session, query)))?)
        }
        // JavaScript accepts it too, to close it at once; the session notices nothing.
        (Found::WebSocket, TransportKind::WebSocket) if upgrade => Ok(probe(shared, request, None)?),
        (Found::Polling(session), TransportKind::Polling) if !upgrade => {
            let script = script_index(shared, &query);
            let reply = match method {
                Method::GET => poll(&session).await,
                Method::POST => post(&session, request, shared.config.max_payload, script.is_some()).await,
                // JavaScript's server answers 500.
                _ => return Err(ErrorCode::BadHandshakeMethod.into()),
            };
            match reply {
                Some(reply) => Ok(answer(reply, script)?),
                // Between the look-up and the answer the session has ended or changed its transport.
                None if matches!(shared.registry.find(&sid), Found::WebSocket) => {
                    Err(ErrorCode::BadRequest.into())
                }
                None => Err(ErrorCode::UnknownSession.into()),
            }
        }
        _ => Err(ErrorCode::BadRequest.into()),
    }
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
fn open_websocket<B>(
    shared: &Arc<Shared>,
    mut request: Request<B>,
    handshake: Arc<HandshakeRequest>,
    permit: OwnedSemaphorePermit,
) -> Answer {
    let (answer, upgrade) = match switch(&mut request) {
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
    let id = registration.id().clone();
    let opening = {
        let shared = shared.clone();
        async move {
            let stream = upgraded(&shared, upgrade, shared.config.handshake_timeout).await;
            drop(permit);
            let Some(stream) = stream else { return };
            if outbox.closing().is_none() {
                shared.start_websocket(stream, handshake, outbox, registration);
            }
        }
    };
    // The connection's span is told of the request's.
    let task = tokio::spawn(opening.in_current_span());
    shared.registry.set_task(&id, task.abort_handle());
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
    let (answer, upgrade) = match switch(&mut request) {
        Ok(switched) => switched,
        Err(error) => {
            shared.registry.refusals().requests.add();
            return Ok(with_close(error.response()));
        }
    };
    let shared = shared.clone();
    tokio::spawn(async move {
        let stream = upgraded(&shared, upgrade, shared.config.upgrade_timeout).await;
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

/// Waits until hyper lets go of the stream: until the answer is written.
async fn upgraded(shared: &Shared, upgrade: OnUpgrade, within: Duration) -> Option<Stream> {
    match tokio::time::timeout(within, upgrade).await {
        Ok(Ok(upgraded)) => {
            let (io, early) = Io::from_upgraded(upgraded);
            Some(shared.stream(io, &early))
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "the connection was not upgraded");
            None
        }
        Err(_) => {
            shared.registry.refusals().late_handshakes.add();
            None
        }
    }
}

/// The index of the function that is to get the answer, of a client that polls by script tags.
fn script_index<'a>(shared: &Shared, query: &'a Query) -> Option<&'a str> {
    query.jsonp.as_deref().filter(|_| shared.config.jsonp)
}

/// A GET of a session. `None` if the session is gone.
async fn poll(session: &mpsc::Sender<Command>) -> Option<Reply> {
    let (reply, answer) = oneshot::channel();
    session.send(Command::Get { reply }).await.ok()?;
    answer.await.ok()
}

/// A POST of a session. `None` if the session is gone.
async fn post<B>(
    session: &mpsc::Sender<Command>,
    request: Request<B>,
    limit: usize,
    form: bool,
) -> Option<Reply>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let binary = content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/octet-stream"));
    let (body, incoming) = oneshot::channel();
    let (reply, mut answer) = oneshot::channel();
    session.send(Command::Post { body: incoming, binary, reply }).await.ok()?;
    tokio::select! {
        biased;
        // Not accepted, or the session ends, while the body is still coming: its heartbeat is the deadline of a slow one.
        answer = &mut answer => return answer.ok(),
        complete = read_body(request.into_body(), limit) => match complete {
            Some(Body::Complete(complete)) if form => {
                let payload = jsonp::form_payload(&complete).unwrap_or_default();
                drop(body.send(Body::Complete(payload.into())));
            }
            Some(complete) => drop(body.send(complete)),
            None => drop(body),
        },
    }
    answer.await.ok()
}

/// Reads a body, at most `limit` bytes of it. `None` if it was cut off.
async fn read_body<B: http_body::Body<Data = Bytes>>(body: B, limit: usize) -> Option<Body> {
    let mut body = pin!(body);
    if body.size_hint().lower() > limit as u64 {
        return Some(Body::TooLarge);
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        if data.len() > limit - first.len() - rest.len() {
            return Some(Body::TooLarge);
        }
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Some(Body::Complete(first));
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Some(Body::Complete(whole.freeze()))
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

fn handshake_request<B>(
    request: &Request<B>,
    transport: TransportKind,
    dialect: Dialect,
) -> HandshakeRequest {
    let mut extensions = request.extensions().clone();
    // It would keep the connection's HTTP side with the session.
    extensions.remove::<OnUpgrade>();
    let remote_addr = extensions.remove::<RemoteAddr>().map(|addr| addr.0);
    let secure = extensions.remove::<Secure>().is_some();
    let uri = request.uri().to_string();
    let mut copy = HandshakeRequest::of(&uri, request.headers(), extensions);
    (copy.remote_addr, copy.secure) = (remote_addr, secure);
    (copy.transport, copy.dialect) = (transport, dialect);
    copy
}
