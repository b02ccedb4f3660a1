//! A listener for those who have no HTTP server of their own: accepts connections, speaks HTTP/1.1, drains at the end.
//!
//! Knows nothing of sessions: any tower service can stand behind it.

use std::{
    error::Error,
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream, ToSocketAddrs},
    sync::{oneshot, watch},
    task::JoinSet,
    time::sleep,
};
use tower_service::Service;

use super::{
    Config, Engine, RemoteAddr, Secure,
    cores::{Cores, Place},
    io::Io,
    refusals::Counters,
    unread::Impatient,
};

/// A connection's read buffer has at least so many bytes; hyper wants 8 KiB.
const MIN_BUFFER: usize = 32 * 1024;

/// What hyper takes where it is told nothing; told, it needs an allocation for each request.
const MAX_HEADERS: usize = 100;

/// Waits after an `accept` that failed for want of descriptors or memory: first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Binds a listener. A [`TcpListener`] of one's own becomes a [`Bound`] by `into()`.
///
/// # Errors
///
/// If the address is not to be had.
///
/// # Cancel safety
///
/// Yes.
pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Bound> {
    Ok(TcpListener::bind(addr).await?.into())
}

/// A listener that has its address and does not serve yet. Connections wait in the kernel meanwhile.
pub struct Bound {
    listener: TcpListener,
    limits: Limits,
    refusals: Arc<Counters>,
    /// What comes before HTTP.
    handshake: Option<Arc<dyn Handshake>>,
    /// Where connections are accepted and served, if not on the caller's runtime.
    cores: Option<Arc<Cores>>,
}

/// What makes another stream of an accepted one; bounded in time and number.
pub(crate) trait Handshake: Send + Sync {
    fn accept(&self, stream: TcpStream) -> Accepted<'_>;
}

/// What [`Handshake::accept`] gives.
pub(crate) type Accepted<'a> = Pin<Box<dyn Future<Output = io::Result<Io>> + Send + 'a>>;

/// What a request's head may cost, and how long a peer may leave an answer unread.
#[derive(Clone, Copy, Debug)]
struct Limits {
    write_timeout: Duration,
    header_timeout: Duration,
    max_header_bytes: usize,
    max_headers: usize,
    max_connections: usize,
}

impl From<TcpListener> for Bound {
    fn from(listener: TcpListener) -> Self {
        let (limits, refusals) = (Limits::of(&Config::default()), Arc::default());
        Self { listener, limits, refusals, handshake: None, cores: None }
    }
}

impl Limits {
    fn of(config: &Config) -> Self {
        Self {
            // As long as a session lives whose peer does not read.
            write_timeout: config.ping_interval.saturating_add(config.ping_timeout),
            header_timeout: config.header_timeout,
            max_header_bytes: config.max_header_bytes,
            max_headers: config.max_headers,
            max_connections: config.max_connections.unwrap_or(usize::MAX),
        }
    }
}

impl Bound {
    /// Takes the limits of a listener from `config`: [`Config::header_timeout`], [`Config::max_header_bytes`], [`Config::max_headers`] and
    /// [`Config::max_connections`]; otherwise they are the defaults. A connection whose peer leaves an answer unread for
    /// [`Config::ping_interval`] and [`Config::ping_timeout`] together is closed.
    #[must_use]
    pub fn configure(mut self, config: &Config) -> Self {
        self.limits = Limits::of(config);
        self
    }

    /// Has what is refused here counted among [`Engine::refusals`].
    #[must_use]
    pub fn counted_by(mut self, engine: &Engine) -> Self {
        self.refusals = Arc::clone(engine.counters());
        self
    }

    #[cfg_attr(not(feature = "rustls"), allow(dead_code, reason = "called by the module `tls`"))]
    pub(crate) fn with_handshake(mut self, handshake: Arc<dyn Handshake>) -> Self {
        self.handshake = Some(handshake);
        self
    }

    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "called by the server"))]
    pub(crate) fn on_cores(mut self, cores: Option<Arc<Cores>>) -> Self {
        self.cores = cores;
        self
    }

    /// The address, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    ///
    /// If the operating system does not know.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `signal` is ready; then accepts nothing more, lets the requests that are running end, and returns when all connections
    /// are closed, at the latest after `deadline`.
    ///
    /// A polling GET that is pending ends with its session: whoever owns the sessions closes them at the same time. WebSockets have left HTTP
    /// and are not waited for here.
    ///
    /// Requests carry [`RemoteAddr`] in their extensions, and over TLS [`Secure`].
    pub async fn serve_with_shutdown<S, B>(
        self,
        service: S,
        signal: impl Future<Output = ()>,
        deadline: Duration,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.serve_until(service, signal, async { sleep(deadline).await }).await;
    }

    /// As [`serve_with_shutdown`](Self::serve_with_shutdown), for those who learn later how long connections may last: until `deadline`, first
    /// polled after the signal, is ready.
    pub(crate) async fn serve_until<S, B>(
        self,
        service: S,
        signal: impl Future<Output = ()>,
        deadline: impl Future<Output = ()>,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Some(cores) = self.cores.clone() else {
            return self.accept(service, signal, deadline).await;
        };
        // On the thread of the first: what it accepts for itself is handed to nobody, and no other runtime is told of it first.
        let listener = match self.listener.into_std() {
            Ok(listener) => listener,
            Err(error) => return tracing::error!(%error, "the listener is lost"),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel::<()>();
        let (limits, refusals, handshake) = (self.limits, self.refusals, self.handshake);
        let on = Arc::clone(&cores);
        let mut dealing = cores.deal(async move {
            let listener = match TcpListener::from_std(listener) {
                Ok(listener) => listener,
                Err(error) => return tracing::error!(%error, "the listener is lost"),
            };
            let bound = Self { listener, limits, refusals, handshake, cores: Some(on) };
            bound.accept(service, async { drop(stopped.await) }, async { drop(ended.await) }).await;
        });
        tokio::select! {
            () = signal => drop(stop),
            _ = dealing.join_next() => return,
        }
        tokio::select! {
            _ = dealing.join_next() => return,
            () = deadline => drop(end),
        }
        let _ = dealing.join_next().await;
    }

    /// Accepts until `signal`, then waits for the connections.
    async fn accept<S, B>(
        self,
        service: S,
        signal: impl Future<Output = ()>,
        deadline: impl Future<Output = ()>,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (drain, draining) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut signal = pin!(signal);
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::select! {
                biased;
                () = &mut signal => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, addr)) => {
                        pause = FIRST_PAUSE;
                        // Those that have ended: below, a flood of new ones would never let them be looked at.
                        while connections.try_join_next().is_some() {}
                        if connections.len() >= self.limits.max_connections {
                            self.refusals.connections.add();
                            continue;
                        }
                        let refusals = Arc::clone(&self.refusals);
                        let from = (addr, self.handshake.clone());
                        let (limits, service, draining) = (self.limits, service.clone(), draining.clone());
                        match self.cores.as_ref().map_or(Place::Here, |cores| cores.least_loaded()) {
                            Place::Here => {
                                connections.spawn(connection(stream, from, limits, refusals, service, draining));
                            }
                            // Another runtime's: it has to be told of the stream anew.
                            Place::There(core) => match stream.into_std() {
                                Ok(stream) => {
                                    let serving = async move {
                                        match TcpStream::from_std(stream) {
                                            Ok(stream) => {
                                                connection(stream, from, limits, refusals, service, draining).await;
                                            }
                                            Err(error) => tracing::warn!(%error, %addr, "a connection is lost"),
                                        }
                                    };
                                    connections.spawn_on(serving, core);
                                }
                                Err(error) => tracing::warn!(%error, %addr, "a connection is lost"),
                            },
                        }
                    }
                    // It is gone again; the next one may be fine.
                    Err(error) if is_of_connection(&error) => {}
                    Err(error) => {
                        tracing::warn!(%error, "no connection can be accepted");
                        tokio::select! {
                            () = &mut signal => break,
                            () = sleep(pause) => {}
                        }
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        let _ = drain.send(true);
        tokio::select! {
            () = async { while connections.join_next().await.is_some() {} } => {}
            () = deadline => connections.shutdown().await,
        }
    }
}

async fn connection<S, B>(
    stream: TcpStream,
    (addr, handshake): (SocketAddr, Option<Arc<dyn Handshake>>),
    limits: Limits,
    refusals: Arc<Counters>,
    service: S,
    mut draining: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Packets are small and are wanted at once.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection keeps its delay");
    }
    let secure = handshake.is_some();
    let io = match handshake {
        None => Io::Tcp(stream),
        Some(handshake) => tokio::select! {
            accepted = handshake.accept(stream) => match accepted {
                Ok(io) => io,
                Err(error) => {
                    tracing::debug!(%error, %addr, "a handshake failed");
                    match error.kind() {
                        io::ErrorKind::TimedOut => refusals.late_tls_handshakes.add(),
                        _ => refusals.tls_handshakes.add(),
                    }
                    return;
                }
            },
            // Nobody's request is lost.
            () = drained(&mut draining) => return,
        },
    };
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(RemoteAddr(addr));
        if secure {
            request.extensions_mut().insert(Secure);
        }
        let mut service = service.clone();
        async move {
            std::future::poll_fn(|cx| service.poll_ready(cx)).await.map_err(Failed::new)?;
            service.call(request).await.map_err(Failed::new)
        }
    });
    let mut http = http1::Builder::new();
    if limits.max_headers != MAX_HEADERS {
        http.max_headers(limits.max_headers);
    }
    let connection = http
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_header_size(limits.max_header_bytes)
        .max_buf_size(limits.max_header_bytes.saturating_mul(2).max(MIN_BUFFER))
        .serve_connection(TokioIo::new(Impatient::new(io, limits.write_timeout)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = drained(&mut draining) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %addr, "a connection failed");
        count(&error, &refusals);
    }
}

fn count(error: &hyper::Error, refusals: &Counters) {
    if error.is_parse_too_large() {
        refusals.heads.add();
    } else if error.is_timeout() {
        refusals.late_heads.add();
    } else if error.is_parse() {
        refusals.requests.add();
    }
}

async fn drained(draining: &mut watch::Receiver<bool>) {
    let _ = draining.wait_for(|draining| *draining).await;
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound")
            .field("listener", &self.listener)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Errors of `accept` that concern one connection, not the listener.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

/// An error of the service, as hyper wants to have it.
#[derive(Debug)]
struct Failed(Box<dyn Error + Send + Sync>);

impl Failed {
    fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service failed")
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
