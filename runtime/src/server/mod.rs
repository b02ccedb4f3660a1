//! L4: the server. Namespaces, sockets, emitters, middleware, and the tower service in front.
//!
//! Stands on everything below. Never imports `client`.

mod ack;
mod app;
mod broadcast;
mod builder;
mod connection;
mod core;
mod emit;
mod error;
mod event;
pub mod guide;
mod handshake;
mod hub;
mod lifecycle;
pub mod middleware;
mod namespace;
mod nodes;
mod observer;
mod options;
mod recovery;
mod revision;
mod running;
mod serve;
mod service;
mod socket;
mod untyped;

use std::{
    any::{TypeId, type_name},
    borrow::Cow,
    fmt,
    sync::Arc,
    time::Duration,
};

pub(crate) use ack::decode_answer;
use smallvec::smallvec;

pub use ack::{AckFuture, AckItem, AckStream, Answers};
pub use broadcast::{Broadcast, RemoteSocket};
pub use builder::{Current, Declares, Open, ServerBuilder};
pub use emit::{Broadcasted, Socketed, Strictness};
pub use error::{AckError, EmitError};
pub use event::{EventOutcome, IncomingEvent};
pub use handshake::{ConnectError, Handshake};
pub use lifecycle::{Answer, FailureAction, Lifecycle, Panic};
pub use middleware::{Middleware, Refused};
pub use nodes::{NodeAnswers, NodeAnswersError, OtherNodes};
pub use observer::{EmittedEvent, Observer, ReceivedEvent, Recipients};
pub use recovery::Recovery;
pub use serve::{Bound, ServeError};
pub use service::{NotFound, NotFoundFuture, ResponseBody, SockeyeLayer, SockeyeService};
pub use socket::{Permit, Socket, SocketOperator};
pub use untyped::{AckSender, UntypedEvent, UntypedHandler};

use hub::Hub;

use crate::{
    adapter::Target,
    engine::Engine,
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

    /// What is open at the moment, on this node.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats { sessions: self.0.engine.sessions(), ..Stats::default() };
        for namespace in self.0.hub.namespaces() {
            stats.namespaces += 1;
            stats.sockets += namespace.local.rooms.len();
            stats.rooms += namespace.local.rooms.count();
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

    /// Stops accepting, closes every connection with `server shutting down`, runs `disconnected` for each socket, flushes, and waits
    /// until all of that is done, the handlers of other nodes' events included, or `deadline` has passed; what is left then is dropped.
    ///
    /// Clients are not told to stay away: they come back by themselves, to whoever answers then.
    ///
    /// # Cancel safety
    ///
    /// What has begun goes on without the deadline.
    pub async fn shutdown(&self, deadline: Duration) {
        tokio::join!(self.0.engine.shutdown(deadline), self.0.hub.nodes.shutdown(deadline));
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
