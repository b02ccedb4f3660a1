//! L4: the server. Namespaces, sockets, emitters, middleware, and the tower service in front.
//!
//! Stands on everything below. Never imports `client`.

mod ack;
mod app;
mod backlog;
mod broadcast;
mod builder;
mod connection;
mod core;
mod emit;
mod error;
mod event;
mod guard;
pub mod guide;
mod handshake;
mod hub;
mod lifecycle;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "metrics_off.rs"]
mod metrics;
pub mod middleware;
mod namespace;
mod nodes;
pub mod observability;
mod observer;
mod options;
mod rate_limit;
mod recovery;
mod revision;
mod running;
mod serve;
mod service;
mod socket;
mod span;
#[cfg(feature = "rustls")]
mod tls;
mod untyped;

use std::{
    any::{TypeId, type_name},
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use smallvec::smallvec;

pub use crate::event::{AckError, EmitError, Panic};
pub use ack::{AckFuture, AckItem, AckStream, Answers};
pub use broadcast::{Broadcast, RemoteSocket};
pub use builder::{Current, Declares, Open, ServerBuilder};
pub use emit::{Broadcasted, Socketed, Strictness};
pub use event::{EventOutcome, IncomingEvent};
pub use guard::FromSocket;
pub use handshake::{ConnectError, Handshake};
pub use lifecycle::{Answer, DefaultSession, FailureAction, Lifecycle};
pub use middleware::{Middleware, Refused};
pub use nodes::{NodeAnswers, NodeAnswersError, OtherNodes};
pub use observer::{EmittedEvent, Observer, ReceivedEvent, Recipients};
pub use rate_limit::RateLimit;
pub use recovery::Recovery;
pub use serve::{Bound, ServeError};
pub use service::{NotFound, NotFoundFuture, ResponseBody, SockeyeLayer, SockeyeService};
pub use socket::{OutboxState, Permit, Socket, SocketOperator};
pub use untyped::{AckSender, UntypedEvent, UntypedHandler};

use hub::Hub;

use crate::{
    adapter::Target,
    engine::{Cores, Engine, Refusals},
    event::{Namespace, NoEvents, Parser, Untyped, Value},
};

/// A Socket.IO server: `io` in JavaScript. Cheap to clone; all clones are one server.
///
/// It answers requests as a tower service ([`layer`](Self::layer), [`service`](Self::service)) or on a listener of its own
/// ([`serve`](Self::serve), [`bind`](Self::bind)), and emits from anywhere: JavaScript's `io.emit(…)`, which is about the namespace `/`,
/// is `io.of::<Main>().emit()` for the type `Main` of that namespace.
///
/// It speaks Socket.IO protocol 5 over Engine.IO protocol 4.
///
/// ```
/// # use sockeye::prelude::*;
/// # #[derive(ClientToServer)]
/// # enum ChatRequest { Typing }
/// # #[derive(ServerToClient)]
/// # enum ChatPush { Message { text: String }, #[event(ack = bool)] StillThere }
/// # #[derive(Namespace)]
/// # #[namespace("/", client_to_server = ChatRequest, server_to_client = ChatPush)]
/// # struct Chat;
/// async fn every_minute(io: Server) {
///     let mut minutes = tokio::time::interval(std::time::Duration::from_secs(60));
///     loop {
///         minutes.tick().await;
///         io.of::<Chat>().to("lobby").volatile().emit().message("a minute has passed");
///         println!("{} sockets", io.stats().sockets);
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Server(Arc<ServerInner>);

pub(crate) struct ServerInner {
    engine: Engine,
    hub: Arc<Hub>,
    /// Started with the first listener.
    cores: OnceLock<Arc<Cores>>,
}

/// What is open at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Engine.IO sessions.
    pub sessions: usize,
    /// Sockets in a namespace.
    pub sockets: usize,
    /// Namespaces.
    pub namespaces: usize,
    /// Rooms with a member; the room of a socket's own id is not counted.
    pub rooms: usize,
    /// Acknowledgements that clients owe; a broadcast that waits for some counts once.
    pub acks: usize,
    /// Bytes that wait in the outboxes of all sessions. What all of them wait for is counted for each.
    pub outbox_bytes: usize,
    /// Frames that wait there: one for each packet, and one for each attachment.
    pub outbox_frames: usize,
    /// Packets that were dropped since the server began: see [`Outbox::dropped`](crate::engine::Outbox::dropped).
    pub dropped: u64,
    /// What was refused since the start, by cause.
    pub refusals: Refusals,
}

/// Any namespace, seen without its types: what [`Server::of_path`] emits to.
#[derive(Clone, Copy, Debug)]
pub struct AnyNamespace;

impl Namespace for AnyNamespace {
    const PATH: &'static str = "";
    type ClientToServer = Untyped;
    type ServerToClient = Untyped;
    type ServerToServer = NoEvents;
    type Auth = Value;
    type Session = ();
    type Data = Value;

    fn parse_path(_: &str) -> Option<Self> {
        Some(Self)
    }

    fn path(&self) -> Cow<'static, str> {
        Cow::Borrowed("")
    }
}

impl Server {
    /// Puts a server together; see [`ServerBuilder`].
    pub fn builder() -> ServerBuilder {
        ServerBuilder::new()
    }

    /// All sockets of namespace `N`: `io.of("/name")`; of one whose path has parameters, those of all its namespaces. For emitting
    /// to them and acting on them, from anywhere in the program.
    ///
    /// # Panics
    ///
    /// If the server was built without this namespace.
    pub fn of<N: Namespace>(&self) -> Broadcast<N> {
        match self.0.hub.namespaces_of(TypeId::of::<N>()) {
            Some(namespaces) => Broadcast::new(self.clone(), namespaces, Target::default()),
            None => panic!(
                "the server was built without namespace `{}`: add `.namespace::<{0}>(…)`",
                type_name::<N>()
            ),
        }
    }

    /// All sockets of one namespace whose path has parameters: `io.of_with(Room { id: 7 })`. Nobody, if nobody is in it.
    pub fn of_with<N: Namespace>(&self, namespace: N) -> Broadcast<N> {
        let path = namespace.path();
        match self.0.hub.namespace(&path) {
            None => Broadcast::elsewhere(self.clone(), &path),
            Some(core) => {
                let fits = Some(core).filter(|core| core.marker == TypeId::of::<N>());
                Broadcast::new(self.clone(), fits.into_iter().collect(), Target::default())
            }
        }
    }

    /// All sockets of the namespace at `path`, without types; `None` if there is none.
    ///
    /// ```
    /// # fn announce(io: &sockeye::Server) {
    /// if let Some(lobby) = io.of_path("/lobby") {
    ///     lobby.emit().event("news", ("doors open", 8));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn of_path(&self, path: &str) -> Option<Broadcast<AnyNamespace>> {
        let namespace = self.0.hub.namespace(path)?;
        Some(Broadcast::new(self.clone(), smallvec![namespace], Target::default()))
    }

    /// Waits until `connected` of this socket has been called, or the socket has left.
    pub(crate) async fn begun(&self, path: &str, id: &crate::id::SocketId) {
        let socket = self.0.hub.namespace(path).and_then(|namespace| namespace.local.rooms.find(id.as_str()));
        if let Some(socket) = socket {
            socket.begun().await;
        }
    }

    /// What is open at the moment, on this node. Looks at every session and socket once.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let backlog = self.0.engine.backlog();
        let mut stats = Stats {
            sessions: self.0.engine.sessions(),
            outbox_bytes: backlog.bytes,
            outbox_frames: backlog.frames,
            dropped: backlog.dropped,
            refusals: self.0.engine.refusals(),
            ..Stats::default()
        };
        for namespace in self.0.hub.namespaces() {
            stats.namespaces += 1;
            stats.sockets += namespace.local.rooms.len();
            stats.rooms += namespace.local.rooms.count();
            stats.acks += namespace.acks.len();
            let everyone = Target::default();
            namespace.local.rooms.visit(&everyone, |socket| stats.acks += socket.acks.lock().len());
        }
        stats
    }

    /// How its packets are written.
    #[must_use]
    pub fn parser(&self) -> Parser {
        self.0.hub.parser
    }

    /// The Engine.IO server underneath.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Empties the server for a rolling deploy: refuses new sessions with 503, and closes those there are, evenly and unforeseeably
    /// spread over `window`, so that they do not all come to the next server at once. Clients come back by themselves, as after
    /// [`shutdown`](Self::shutdown), which is to follow; the reason is `server shutting down` too. A session goes on as ever until its turn
    /// comes, so the listener must go on as well. Returns when the last session has been told, or as soon as none is left.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use sockeye::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # async fn terminated() {} // tokio::signal::unix::signal(SignalKind::terminate())
    /// let io = Server::builder().build();
    /// let bound = io.bind("127.0.0.1:0").await?;
    /// bound
    ///     .serve_with_shutdown(async {
    ///         terminated().await;
    ///         // The health check answers 503 from here on: `io.is_draining()`.
    ///         io.drain(Duration::from_secs(60)).await;
    ///     })
    ///     .await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, no more sessions are closed, but new ones stay refused. It may be called again.
    pub async fn drain(&self, window: Duration) {
        self.0.engine.drain(window).await;
    }

    /// Whether new sessions are refused, since [`drain`](Self::drain) or [`shutdown`](Self::shutdown): for the health check of a load
    /// balancer.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.engine.is_draining()
    }

    /// Stops accepting, closes every connection with `server shutting down`, runs `disconnected` for each socket, flushes, and waits
    /// until all of that is done, the handlers of other nodes' events included, or `deadline` has passed; what is left then is dropped.
    ///
    /// Clients are not told to stay away: they come back by themselves, to whoever answers then.
    ///
    /// A handler may await it, of a client's event or of another node's: the connection it runs for is closed, but not waited for, and
    /// neither is the handler itself, since they wait for this. A task that the handler has spawned is somebody else: where it
    /// awaits this and the handler awaits it, only the deadline ends that.
    ///
    /// # Cancel safety
    ///
    /// What has begun goes on without the deadline.
    pub async fn shutdown(&self, deadline: Duration) {
        self.0.hub.forget();
        tokio::join!(self.0.engine.shutdown(deadline), self.0.hub.nodes.shutdown(deadline));
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
