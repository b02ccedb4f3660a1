//! The engine itself: what others hold of it.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::upgrade::Upgraded;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
};
use tracing::{Instrument, Span};

use super::{
    Application, Backlog, Config, Connection, HandshakeRequest, OpenError, Outbox, Session,
    driver::Driver,
    flusher::Flushers,
    io::Io,
    refusals::{Counters, Refusals},
    registry::{Registration, Registry},
    service, span,
    transport::{polling::Polling, websocket::Stream},
};
use crate::{
    id::SessionId,
    protocol::{
        close::CloseReason,
        engine_io::handshake::Open,
        frame::MAX_HEADER,
        websocket::{OpCode, encode},
    },
};

/// What all requests and tasks of an engine share.
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) registry: Arc<Registry>,
    /// Handshakes and upgrades that may be on their way.
    pub(crate) handshakes: Arc<Semaphore>,
    flushers: Flushers,
    application: Arc<dyn Application>,
    /// What follows the id in the OPEN packet of every session that begins on WebSocket.
    open_rest: String,
}

/// An Engine.IO server without a listener: requests in, responses out. Cheap to clone; all clones are the same engine.
///
/// It is also a [`tower_service::Service`], which answers every request, whatever its path.
///
/// Sessions go on when the last handle is dropped; [`shutdown`](Self::shutdown) ends them.
#[derive(Clone)]
pub struct Engine {
    pub(super) shared: Arc<Shared>,
}

impl Engine {
    /// An engine that tells `application` of its sessions. Needs no runtime yet.
    #[must_use]
    pub fn new(config: Config, application: Arc<dyn Application>) -> Self {
        Self::counting(config, application, Arc::default())
    }

    /// One whose refusals are counted together with those of what stands on it.
    pub(crate) fn counting(
        mut config: Config,
        application: Arc<dyn Application>,
        refusals: Arc<Counters>,
    ) -> Self {
        config.path = normalize(&config.path);
        config.keep_times_in_reach();
        let registry = Arc::new(Registry::new(&config, refusals));
        let handshakes = Arc::new(Semaphore::new(config.max_handshakes.min(Semaphore::MAX_PERMITS)));
        let (config, flushers) = (Arc::new(config), Flushers::default());
        let open = open_packet(&config, &SessionId::from(""), false).to_json();
        // An id needs no escapes.
        let open_rest = open.strip_prefix("{\"sid\":\"").unwrap_or_default().to_owned();
        Self { shared: Arc::new(Shared { config, registry, handshakes, flushers, application, open_rest }) }
    }

    /// What was refused since the start, by cause.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        self.shared.registry.refusals().read()
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        self.shared.registry.refusals()
    }

    /// The configuration, its path normalized: it begins and ends with a slash.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Whether requests for this path are the engine's: whether it begins with [`Config::path`].
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        path.starts_with(&self.shared.config.path)
    }

    /// Answers a request. The path is not looked at.
    ///
    /// Must run within a tokio runtime, in which the session's task is spawned. Dropping the future of a pending GET ends the session, as it
    /// does when a client goes away. For WebSocket the request must come from hyper, which puts the upgrade into its extensions.
    pub fn handle<B>(
        &self,
        request: Request<B>,
    ) -> impl Future<Output = Response<Full<Bytes>>> + Send + use<B>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
    {
        service::handle(self.shared.clone(), request)
    }

    /// Sessions that are open.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.shared.registry.len()
    }

    /// What waits in the outboxes of all sessions. Looks at each of them.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        self.shared.registry.backlog()
    }

    /// Opens a session on a stream that speaks WebSocket frames already: the HTTP handshake is done, or there was none, as in tests
    /// over an in-memory pipe. Must run within a tokio runtime.
    ///
    /// # Errors
    ///
    /// If there are too many sessions, in all or of the request's address, or the engine is shutting down.
    pub fn open_websocket<I>(&self, io: I, request: HandshakeRequest) -> Result<Session, OpenError>
    where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let outbox = self.shared.outbox();
        let address = self.shared.config.client_address.of(&request);
        let registration = self.shared.registry.register(outbox.clone(), None, address)?;
        let stream = self.shared.stream(Io::new(io), &[]);
        Ok(self.shared.start_websocket(stream, Arc::new(request), outbox, registration))
    }

    /// Asks all sessions to end.
    pub fn close_all(&self, reason: CloseReason) {
        self.shared.registry.close_all(reason);
    }

    /// Refuses new sessions with 503, closes all with [`CloseReason::ServerShuttingDown`], and waits until their tasks have ended: what was
    /// queued is flushed, and what the application began is finished. Tasks that take longer than `deadline` are aborted. A session whose own
    /// task calls it, as a handler may, is closed but not waited for.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, sessions go on closing, but none is aborted. It may be called again.
    pub async fn shutdown(&self, deadline: Duration) {
        let registry = &self.shared.registry;
        registry.refuse();
        registry.close_all(CloseReason::ServerShuttingDown);
        if tokio::time::timeout(deadline, registry.wait_empty()).await.is_err() {
            registry.abort_all();
            // An aborted task is dropped when its turn comes; one that never yields is not waited for.
            let _ = tokio::time::timeout(Duration::from_millis(100), registry.wait_empty()).await;
        }
    }
}

impl Shared {
    pub(crate) fn outbox(&self) -> Arc<Outbox> {
        let outbox = Outbox::new(self.config.outbox_limit).with_overflow(self.config.overflow);
        Arc::new(outbox.with_metrics(self.registry.metrics().outbox()).with_flusher(self.flushers.deal()))
    }

    fn open(&self, session: &Session, request: Arc<HandshakeRequest>) -> Box<dyn Connection> {
        tracing::debug!(target: "sockeye::connection", session = ?session.id(), "a session opens");
        self.application.open(session, request)
    }

    /// A WebSocket with the configured limits.
    pub(crate) fn stream(&self, io: Io, early: &[u8]) -> Stream {
        Stream::new(io, early, self.config.max_payload).with_max_fragments(self.config.max_fragments)
    }

    /// The stream that hyper has let go of, or not; `None` stands for too late.
    pub(crate) fn upgraded(&self, upgraded: Option<hyper::Result<Upgraded>>) -> Option<Stream> {
        match upgraded {
            Some(Ok(upgraded)) => {
                let (io, early) = Io::from_upgraded(upgraded);
                Some(self.stream(io, &early))
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "the connection was not upgraded");
                None
            }
            None => {
                self.registry.refusals().late_handshakes.add();
                None
            }
        }
    }

    /// The data of the OPEN packet.
    pub(crate) fn open_packet<'a>(&self, registration: &'a Registration, upgradable: bool) -> Open<'a> {
        open_packet(&self.config, registration.id(), upgradable)
    }

    pub(crate) fn start_polling(
        &self,
        polling: Polling,
        request: Arc<HandshakeRequest>,
        outbox: Arc<Outbox>,
        registration: Registration,
    ) {
        let session = Session::new(registration.id().clone(), outbox.clone());
        // Nothing volatile can be sent before the first GET after the handshake.
        outbox.set_writable(false);
        let span = span::connection(&session, &request);
        let connection = span.in_scope(|| self.open(&session, request));
        let driver = Driver::polling(polling, connection, outbox, self.config.clone(), registration);
        self.spawn(&session, driver, span);
    }

    pub(crate) fn start_websocket(
        &self,
        stream: Stream,
        request: Arc<HandshakeRequest>,
        outbox: Arc<Outbox>,
        registration: Registration,
    ) -> Session {
        let session = Session::new(registration.id().clone(), outbox.clone());
        let (driver, span) = self.begin_websocket(stream, request, outbox, registration);
        self.spawn(&session, driver, span);
        session
    }

    /// What a session on WebSocket is driven by.
    pub(crate) fn begin_websocket(
        &self,
        mut stream: Stream,
        request: Arc<HandshakeRequest>,
        outbox: Arc<Outbox>,
        registration: Registration,
    ) -> (Driver, Span) {
        let packet = ["0{\"sid\":\"", registration.id().as_str(), &*self.open_rest].concat();
        let mut frame = Vec::with_capacity(packet.len() + MAX_HEADER);
        encode(&mut frame, true, OpCode::Text, packet.as_bytes(), None);
        stream.wire.out.push_bytes(frame.into());
        stream.wire.out.dialect = request.dialect;
        outbox.set_transport(super::TransportKind::WebSocket);
        let session = Session::new(registration.id().clone(), outbox.clone());
        let span = span::connection(&session, &request);
        let connection = span.in_scope(|| self.open(&session, request));
        let driver = Driver::websocket(stream, connection, outbox, self.config.clone(), registration);
        (driver, span)
    }

    /// A task of its own, small and fresh: whatever opened the session is not kept alive with it.
    fn spawn(&self, session: &Session, driver: Driver, span: Span) {
        // A span that nobody looks at would be with the session for life.
        let task = if span.is_none() { tokio::spawn(driver) } else { tokio::spawn(driver.instrument(span)) };
        self.registry.set_task(session.id(), task.abort_handle());
    }
}

fn open_packet<'a>(config: &Config, session: &'a SessionId, upgradable: bool) -> Open<'a> {
    Open {
        session,
        upgradable,
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        max_payload: config.max_payload,
    }
}

/// JavaScript's way: one slash at the end, added if there is none.
fn normalize(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.is_empty() { "/".to_owned() } else { format!("/{path}/") }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("path", &self.shared.config.path)
            .field("sessions", &self.sessions())
            .finish_non_exhaustive()
    }
}

impl<B> tower_service::Service<Request<B>> for Engine
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let response = self.handle(request);
        Box::pin(async move { Ok(response.await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_end_with_one_slash() {
        for (given, path) in
            [("/socket.io", "/socket.io/"), ("/a/b/", "/a/b/"), ("x", "/x/"), ("", "/"), ("/", "/")]
        {
            assert_eq!(normalize(given), path);
        }
    }
}
