//! How a server is put together.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    Broadcast, Lifecycle, Middleware, Observer, Recovery, Server, ServerInner, Socket,
    app::{App, Typed},
    hub::{Declared, Door, Hub},
    metrics::NamespaceMetrics,
    middleware::{Stack, erase},
    namespace::Limits,
    observer::Observers,
};
use crate::{
    engine::{Config, Engine, Overflow},
    event::{HandlesAll, Namespace, Parser},
    protocol::socket_io::packet::MAX_ATTACHMENTS,
};

/// Builds a [`Server`]: its namespaces, what stands in front of them, and limits. Every limit has a default, which is JavaScript's
/// where JavaScript has the option.
///
/// `Current` is the namespace that was declared last. [`middleware`](ServerBuilder::middleware) belongs to it, and is there only after a
/// [`namespace`](ServerBuilder::namespace).
///
/// ```
/// # use std::{sync::Arc, time::Duration};
/// # use sockeye::prelude::*;
/// # #[derive(Namespace)] #[namespace("/")] struct Main;
/// # #[derive(Namespace)] #[namespace("/admin")] struct Admin;
/// # struct App;
/// # impl Lifecycle<Main> for App {
/// #     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
/// # }
/// # impl Lifecycle<Admin> for App {
/// #     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
/// # }
/// let app = Arc::new(App);
/// let io = Server::builder()
///     .namespace::<Main>(Arc::clone(&app))
///     .namespace::<Admin>(app)
///     .middleware(middleware::on_connect(|handshake| match handshake.remote_addr() {
///         Some(addr) if addr.ip().is_loopback() => Ok(()),
///         _ => Err(ConnectError::new("from this machine only")),
///     }))
///     .ping_interval(Duration::from_secs(10))
///     .max_payload(200_000)
///     .build();
/// assert_eq!(io.stats().namespaces, 2);
/// ```
///
#[doc = include_str!("../../docs/options.md")]
#[must_use]
pub struct ServerBuilder<Current = ()> {
    pub(super) config: Config,
    pub(super) limits: Limits,
    parser: Parser,
    observers: Vec<Arc<dyn Observer>>,
    declared: Vec<Declared>,
    current: Current,
}

/// The namespace being declared; see [`ServerBuilder::namespace`].
pub struct Open<N: Namespace> {
    make: Box<dyn FnOnce(Stack<N>) -> ErasedApp>,
    middleware: Stack<N>,
}

impl<N: Namespace> fmt::Debug for Open<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("path", &N::PATH).finish_non_exhaustive()
    }
}

/// What can stand where the namespace declared last does: none yet, or one.
pub trait Current: sealed::Sealed {
    #[doc(hidden)]
    fn declare(self, to: &mut Declarations);
}

/// The namespaces declared so far.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "not for users")]
pub struct Declarations(Vec<Declared>);

/// An application without its types.
struct ErasedApp(Arc<dyn App>);

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<N: crate::event::Namespace> Sealed for super::Open<N> {}
}

impl Current for () {
    fn declare(self, _: &mut Declarations) {}
}

impl<N: Namespace> Current for Open<N> {
    fn declare(self, to: &mut Declarations) {
        let ErasedApp(app) = (self.make)(self.middleware);
        let metrics = NamespaceMetrics::new(N::PATH, |tell| app.each_event(tell));
        to.0.push(Declared {
            marker: TypeId::of::<N>(),
            path: N::PATH,
            dynamic: N::DYNAMIC,
            parse: parse::<N>,
            app,
            metrics,
        });
    }
}

fn erase_app<N, A>(app: A, middleware: Stack<N>) -> ErasedApp
where
    N: Namespace,
    A: Lifecycle<N>
        + HandlesAll<N, N::ClientToServer, Socket<N>>
        + HandlesAll<N, N::ServerToServer, Broadcast<N>>,
{
    ErasedApp(Arc::new(Typed::new(app, middleware.0)))
}

/// What stands for a namespace that middleware can be added to.
#[diagnostic::on_unimplemented(
    message = "no namespace has been declared that the middleware could belong to",
    label = "comes before every `.namespace::<N>(…)`",
    note = "middleware belongs to the namespace declared last: write `.namespace::<N>(app).middleware(…)`"
)]
pub trait Declares: Current {
    /// The namespace. A type of this trait and no parameter of it, so that closures know their arguments.
    type Namespace: Namespace;
    #[doc(hidden)]
    fn add(&mut self, middleware: impl Middleware<Self::Namespace>);
}

impl<N: Namespace> Declares for Open<N> {
    type Namespace = N;

    fn add(&mut self, middleware: impl Middleware<N>) {
        self.middleware.0.push(erase(middleware));
    }
}

impl ServerBuilder {
    pub(super) fn new() -> Self {
        let config = Config::default();
        let limits = Limits {
            ack_timeout: Duration::from_secs(20),
            max_acks: 10_000,
            max_rooms: 1_000,
            max_namespaces: 32,
            max_handlers: 64,
            max_backlog_bytes: 256 * 1024,
            max_attachments: MAX_ATTACHMENTS,
            max_payload: config.max_payload,
            connect_timeout: Duration::from_secs(45),
            max_packet_bytes: None,
            recovery: None,
            per_core: None,
            refusals: Arc::default(),
        };
        Self {
            config,
            limits,
            parser: Parser::default(),
            observers: Vec::new(),
            declared: Vec::new(),
            current: (),
        }
    }
}

impl<C: Current> ServerBuilder<C> {
    /// Adds a middleware to the namespace declared last: `io.use`, `socket.use`. They run in the order of these calls.
    pub fn middleware(mut self, middleware: impl Middleware<C::Namespace>) -> Self
    where
        C: Declares,
    {
        self.current.add(middleware);
        self
    }

    /// Serves namespace `N` with `app`, which says who may connect ([`Lifecycle`]) and handles each event (the handler trait that
    /// the derive of the events made; another one for events from other nodes, where the namespace has some). An `Arc` of an application serves several namespaces.
    ///
    /// A namespace whose path has parameters is made when the first client joins it, and goes when the last one leaves. Where several
    /// fit a path, a fixed one comes first, then the one declared first. A second declaration of the same path replaces the first.
    // The bounds stand here and not in a trait of their own, whose message would hide theirs: those say what to write.
    pub fn namespace<N: Namespace>(
        self,
        app: impl Lifecycle<N>
        + HandlesAll<N, N::ClientToServer, Socket<N>>
        + HandlesAll<N, N::ServerToServer, Broadcast<N>>,
    ) -> ServerBuilder<Open<N>> {
        let mut declared = Declarations(self.declared);
        self.current.declare(&mut declared);
        let current = Open {
            make: Box::new(move |middleware| erase_app(app, middleware)),
            middleware: Stack(Vec::new()),
        };
        ServerBuilder {
            config: self.config,
            limits: self.limits,
            parser: self.parser,
            observers: self.observers,
            declared: declared.0,
            current,
        }
    }

    /// `parser`: how packets are written; see [`Parser`]. All clients have to use the same, and nothing else notices: handlers,
    /// emitters, auth and refusals stay as they are. Default [`Parser::Json`].
    ///
    /// With cargo's feature `msgpack`, `Parser::MessagePack` is npm's `socket.io-msgpack-parser`:
    ///
    /// ```
    /// # #[cfg(feature = "msgpack")] fn main() {
    /// # use sockeye::{Parser, Server};
    /// let io = Server::builder().parser(Parser::MessagePack).build();
    /// assert_eq!(io.parser(), Parser::MessagePack);
    /// # }
    /// # #[cfg(not(feature = "msgpack"))] fn main() {}
    /// ```
    ///
    /// A client that writes otherwise is closed with its first packet.
    pub fn parser(mut self, parser: Parser) -> Self {
        self.parser = parser;
        self
    }

    /// `path`: where the server answers: every request whose path begins with it. A slash at its end is added. Default `/socket.io/`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        let mut path = path.into();
        if !path.ends_with('/') {
            path.push('/');
        }
        self.config.path = path;
        self
    }

    /// `pingInterval`: from the opening to the first ping, and from each pong to the next. Default 25 s.
    pub fn ping_interval(mut self, interval: Duration) -> Self {
        self.config.ping_interval = interval;
        self
    }

    /// `pingTimeout`: how long a pong may take. Default 20 s.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.config.ping_timeout = timeout;
        self
    }

    /// `upgradeTimeout`: how long an upgrade may take. Default 10 s.
    pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.config.upgrade_timeout = timeout;
        self
    }

    /// `connectTimeout`: how long a client may take to join its first namespace. Default 45 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout;
        self
    }

    /// `maxHttpBufferSize`: most bytes of a message and of a polling body, on every transport. Default 1,000,000.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.config.max_payload = bytes;
        self.limits.max_payload = bytes;
        self
    }

    /// `connectionStateRecovery`: lets clients that were cut off come back as the same socket, with its rooms, session and data, and
    /// get what they missed. Default off. A dynamic namespace remembers only while somebody is in it.
    pub fn connection_state_recovery(mut self, recovery: Recovery) -> Self {
        self.limits.recovery = Some(recovery);
        self
    }

    /// Adds an observer of all events, in and out: `onAny` and `onAnyOutgoing` for all sockets.
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// How long an acknowledgement may take where the emit does not say; JavaScript waits for ever. Default 20 s.
    pub fn ack_timeout(mut self, timeout: Duration) -> Self {
        self.limits.ack_timeout = timeout;
        self
    }

    /// Most acknowledgements that one socket may owe us; more are an [`EmitError`](super::EmitError). Default 10,000.
    pub fn max_acks(mut self, acks: usize) -> Self {
        self.limits.max_acks = acks;
        self
    }

    /// Most rooms that one socket may be in; joining more is a [`JoinError`](crate::JoinError). Default 1,000.
    pub fn max_rooms(mut self, rooms: usize) -> Self {
        self.limits.max_rooms = rooms;
        self
    }

    /// Most namespaces that one connection may join. Default 32.
    pub fn max_namespaces(mut self, namespaces: usize) -> Self {
        self.limits.max_namespaces = namespaces;
        self
    }

    /// Most handlers that run at once for one connection; later events wait. Default 64. What the other
    /// nodes of a cluster send counts as one more connection.
    pub fn max_handlers(mut self, handlers: usize) -> Self {
        self.limits.max_handlers = handlers.max(1);
        self
    }

    /// Most bytes of events that wait for a handler on one connection; past them it is not read. Default 256 KiB.
    pub fn max_backlog(mut self, bytes: usize) -> Self {
        self.limits.max_backlog_bytes = bytes;
        self
    }

    /// Most bytes that wait for one client; past them volatile events are dropped, and any other closes the client as too slow, unless
    /// [`overflow`](Self::overflow) says otherwise. A single event may be larger. Default 1 MiB.
    pub fn outbox_limit(mut self, bytes: usize) -> Self {
        self.config.outbox_limit = bytes;
        self
    }

    /// What becomes of an event for which a client's outbox has no room; see [`Overflow`]. Default [`Overflow::Close`].
    ///
    /// ```
    /// use sockeye::{Server, engine::Overflow};
    /// let io = Server::builder().outbox_limit(256 * 1024).overflow(Overflow::DropNewest).build();
    /// ```
    ///
    /// Whatever it is, `try_emit` tells of a full outbox and leaves the client alone, and [`reserve`](Socket::reserve) waits for room.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.config.overflow = overflow;
        self
    }

    /// Most sessions at once; the next handshake is refused with 503. Default: no limit.
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.config.max_sessions = Some(sessions);
        self
    }

    /// Most attachments of a packet that a client sends; more close it. Default 10, which is also the most that the official clients take.
    pub fn max_attachments(mut self, attachments: usize) -> Self {
        self.limits.max_attachments = attachments;
        self
    }

    /// Most bytes of a packet together with its attachments, each of which is a message of at most [`max_payload`](Self::max_payload); more
    /// close the client. Default: what JavaScript allows, one message more than there may be attachments, 11,000,000.
    pub fn max_packet_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_packet_bytes = Some(bytes);
        self
    }

    /// `allowEIO3`: whether clients of Socket.IO 1 and 2 (Engine.IO v3) are served too. Default no.
    ///
    /// They are told of no socket ids and take their session's, which are secrets: whoever learns the id of such a client's socket can read and
    /// write its session while it polls. Do not show socket ids to other clients while this is on.
    ///
    /// What they give as query, for the handshake (`/`) or for a namespace, stands for `auth`: an object of texts.
    pub fn allow_eio3(mut self, allow: bool) -> Self {
        self.config.allow_eio3 = allow;
        self
    }

    /// Whether clients may poll by script tags; see [`Config::jsonp`]. Default no.
    pub fn jsonp(mut self, allow: bool) -> Self {
        self.config.jsonp = allow;
        self
    }

    /// How long handlers that still run when their connection ends may go on; then they are dropped. Default 5 s.
    pub fn close_grace(mut self, grace: Duration) -> Self {
        self.config.close_grace = grace;
        self
    }

    /// The server. Needs no runtime; serving does.
    #[must_use]
    pub fn build(self) -> Server {
        let mut declared = Declarations(self.declared);
        self.current.declare(&mut declared);
        let limits = Arc::new(self.limits);
        let hub = Arc::new(Hub::new(Arc::clone(&limits), self.parser, Observers::new(self.observers)));
        let door = Arc::new(Door(Arc::clone(&hub)));
        let engine = Engine::counting(self.config, door, Arc::clone(&limits.refusals));
        let inner = Arc::new_cyclic(|server| {
            hub.fill(declared.0, server.clone());
            ServerInner { engine, hub: Arc::clone(&hub), cores: OnceLock::new() }
        });
        Server(inner)
    }
}

impl<C> fmt::Debug for ServerBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

fn parse<N: Namespace>(path: &str) -> Option<Box<dyn Any + Send + Sync>> {
    Some(Box::new(N::parse_path(path)?))
}
