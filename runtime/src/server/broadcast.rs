//! Emitting to many: `io.emit`, `io.to(room)`, `socket.broadcast`; and doing things to many.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use smallvec::smallvec;

use super::{
    OtherNodes, Server, Socket,
    core::SocketCore,
    emit::{Broadcasted, Strictness},
    namespace::{NamespaceCore, Namespaces},
};
use crate::{
    adapter::{IntoRooms, Member, Recipient, Room, Target},
    event::{Emits, EmittableOn, EmittableToNodes, Namespace, OneSet},
    id::SocketId,
};

/// The sockets of namespace `N` that match, for emitting to them and for acting on them. Made by `io.of::<N>()`,
/// `socket.broadcast()` and the like; each method narrows it, none changes the one it is called on.
///
/// Naming several rooms means their union; a socket in two of them gets one copy.
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
/// async fn announce(io: &Server) {
///     let players = io.of::<Chat>().to(["table-1", "table-2"]).except("muted");
///     players.emit().message("five minutes left");
///     players.join("playing");
///
///     let mut answers = players.emit().still_there();
///     while let Some(item) = answers.next().await {
///         println!("{:?}: {:?}", item.socket, item.answer);
///     }
/// }
/// ```
#[must_use]
pub struct Broadcast<N: Namespace> {
    inner: Broadcasted,
    server: Server,
    /// The path of a namespace that is not here, but may be on other nodes.
    elsewhere: Option<Arc<str>>,
    marker: PhantomData<fn() -> N>,
}

impl<N: Namespace> Clone for Broadcast<N> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            server: self.server.clone(),
            elsewhere: self.elsewhere.clone(),
            marker: PhantomData,
        }
    }
}

impl<N: Namespace> fmt::Debug for Broadcast<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<N: Namespace> Broadcast<N> {
    pub(super) fn new(server: Server, namespaces: Namespaces, target: Target) -> Self {
        let inner = Broadcasted { namespaces, target, timeout: None };
        Self { inner, server, elsewhere: None, marker: PhantomData }
    }

    /// The namespace at this path, which nobody of this node is in.
    pub(super) fn elsewhere(server: Server, path: &str) -> Self {
        let here = Self::new(server, Namespaces::new(), Target::default());
        Self { elsewhere: Some(path.into()), ..here }
    }

    /// The server it belongs to.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    fn with(&self, change: impl FnOnce(Target) -> Target) -> Self {
        let mut copy = self.clone();
        copy.inner.target = change(copy.inner.target);
        copy
    }

    /// Those in a room, or in any of several. Called twice, it adds.
    pub fn to(&self, rooms: impl IntoRooms) -> Self {
        self.with(|target| target.to(rooms))
    }

    /// Not those in a room, or in any of several. Called twice, it adds.
    pub fn except(&self, rooms: impl IntoRooms) -> Self {
        self.with(|target| target.except(rooms))
    }

    /// Only those connected to this node.
    pub fn local(&self) -> Self {
        self.with(|target| Target { local: true, ..target })
    }

    /// Only those who can take it at once: not those whose last write would have blocked, nor those on polling without a pending GET.
    pub fn volatile(&self) -> Self {
        self.with(|target| Target { volatile: true, ..target })
    }

    /// Whether compression is worth it: `compress(false)` spares it for what is packed already. Only polling answers are compressed.
    pub fn compress(&self, compress: bool) -> Self {
        self.with(|target| Target { compress, ..target })
    }

    /// How long acknowledgements may take. The server's default is 20 s.
    pub fn timeout(&self, timeout: Duration) -> Self {
        let mut copy = self.clone();
        copy.inner.timeout = Some(timeout);
        copy
    }

    /// Emits to all that match: the result has a method for each event. The event is encoded once. Those with an
    /// acknowledgement return a stream of the answers, [`AckStream`](super::AckStream).
    pub fn emit<E: Emits>(&self) -> E::Emitter<Broadcasted>
    where
        N::ServerToClient: OneSet<E>,
    {
        E::emitter(self.inner.clone())
    }

    /// As [`emit`](Self::emit), but an event that cannot be encoded is an error instead of a line in the log.
    pub fn try_emit<E: Emits>(&self) -> E::Emitter<Strictness<Broadcasted>>
    where
        N::ServerToClient: OneSet<E>,
    {
        E::emitter(Strictness(self.inner.clone()))
    }

    /// As [`emit`](Self::emit), in a namespace with several server-to-client enums: those of `E`. See [`Socket::emit_as`].
    pub fn emit_as<E: EmittableOn<N>>(&self) -> E::Emitter<Broadcasted> {
        E::emitter(self.inner.clone())
    }

    /// Emits an event that is at hand as a value, without asking for acknowledgements.
    pub fn emit_event<E: EmittableOn<N>>(&self, event: &E) {
        self.inner.emit_value(event);
    }

    /// Emits to all other nodes of the cluster: `io.serverSideEmit(…)`. The result has a method for each server-to-server event of the
    /// namespace; one with an acknowledgement returns a future of the answers of all of them, [`NodeAnswers`](super::NodeAnswers).
    /// There, the methods of the events' handler trait run.
    ///
    /// It reaches nodes, not sockets: rooms and flags say nothing, but for [`timeout`](Self::timeout). On a node without a cluster it
    /// reaches nobody, and there are no answers to wait for.
    ///
    /// ```
    /// # use sockeye::prelude::*;
    /// #[derive(ServerToServer)]
    /// enum Cluster {
    ///     ConfigChanged { version: u64 },
    ///     #[event(ack = u32)]
    ///     Load,
    /// }
    /// # #[derive(Namespace)]
    /// # #[namespace("/", server_to_server = Cluster)]
    /// # struct Chat;
    /// async fn greatest_load(io: &Server) -> Option<u32> {
    ///     let nodes = io.of::<Chat>().server_side_emit();
    ///     nodes.config_changed(7);
    ///     match nodes.load().await {
    ///         Ok(loads) => loads.into_iter().max(),
    ///         // Somebody did not answer in time; `error.values` are the answers of those who did.
    ///         Err(error) => error.values.into_iter().max(),
    ///     }
    /// }
    /// ```
    pub fn server_side_emit<E: Emits>(&self) -> E::Emitter<OtherNodes>
    where
        N::ServerToServer: OneSet<E>,
    {
        E::emitter(self.other_nodes())
    }

    /// As [`server_side_emit`](Self::server_side_emit), in a namespace with several server-to-server enums: those of `E`.
    pub fn server_side_emit_as<E: EmittableToNodes<N>>(&self) -> E::Emitter<OtherNodes> {
        E::emitter(self.other_nodes())
    }

    fn other_nodes(&self) -> OtherNodes {
        let here = self.inner.namespaces.iter().map(|namespace| Arc::clone(&namespace.path));
        let namespaces = here.chain(self.elsewhere.clone()).collect();
        OtherNodes::new(self.server.clone(), namespaces, self.inner.timeout)
    }

    fn cores(&self) -> Vec<Arc<SocketCore>> {
        let mut found = Vec::new();
        for namespace in &self.inner.namespaces {
            namespace.local.rooms.visit(&self.inner.target, |socket| {
                if socket.is_open() {
                    found.push(Arc::clone(socket));
                }
            });
        }
        found
    }

    /// The sockets of this node that match.
    #[must_use]
    pub fn sockets(&self) -> Vec<Socket<N>> {
        self.cores().into_iter().map(Socket::new).collect()
    }

    /// The socket of this node with that id.
    #[must_use]
    pub fn socket(&self, id: &SocketId) -> Option<Socket<N>> {
        let mut namespaces = self.inner.namespaces.iter();
        let found = namespaces.find_map(|namespace| namespace.local.rooms.find(id.as_str()))?;
        found.is_open().then(|| Socket::new(found))
    }

    /// What can be known of the sockets that match, wherever they are: `fetchSockets()`.
    ///
    /// # Cancel safety
    ///
    /// Yes.
    #[expect(clippy::unused_async, reason = "with a cluster it asks the other nodes")]
    pub async fn fetch_sockets(&self) -> Vec<RemoteSocket<N>> {
        let describe = |socket: &Arc<SocketCore>| RemoteSocket {
            id: socket.id.clone(),
            rooms: socket.memberships().rooms(),
            data: data_of::<N>(socket),
            namespace: Arc::clone(&socket.namespace),
            server: self.server.clone(),
        };
        self.cores().iter().map(describe).collect()
    }

    /// Makes all that match join a room, or several. Those that may join no more rooms are left out, with a line in the log.
    pub fn join(&self, rooms: impl IntoRooms) {
        let mut names = Vec::new();
        rooms.add_to(&mut names);
        for socket in self.cores() {
            if let Err(error) = socket.namespace.join(&socket, &names) {
                tracing::debug!(socket = %socket.id.shown(), %error, "a socket did not join");
            }
        }
    }

    /// Makes all that match leave a room, or several.
    pub fn leave(&self, rooms: impl IntoRooms) {
        let mut names = Vec::new();
        rooms.add_to(&mut names);
        for socket in self.cores() {
            socket.namespace.leave(&socket, &names);
        }
    }

    /// Disconnects all that match from the namespace: `disconnectSockets()`.
    pub fn disconnect(&self) {
        for socket in self.cores() {
            socket.disconnect();
        }
    }

    /// Closes the connections of all that match: `disconnectSockets(true)`.
    pub fn disconnect_connections(&self) {
        for socket in self.cores() {
            socket.disconnect_connection();
        }
    }
}

fn data_of<N: Namespace>(socket: &SocketCore) -> N::Data {
    let data = socket.belongings.data.lock();
    match data.as_any().downcast_ref::<N::Data>() {
        Some(data) => data.clone(),
        // Looked at through another type, as `of_path` does: what it is in JSON.
        None => data.to_json().and_then(|json| serde_json::from_str(json.get())).unwrap_or_default(),
    }
}

/// A socket that may be on another node: `RemoteSocket` in JavaScript.
pub struct RemoteSocket<N: Namespace> {
    /// Its id.
    pub id: SocketId,
    /// Its rooms, sorted, without the room of its own id.
    pub rooms: Vec<Room>,
    /// Its data.
    pub data: N::Data,
    namespace: Arc<NamespaceCore>,
    server: Server,
}

impl<N: Namespace> RemoteSocket<N> {
    /// This socket as a target: to emit to it, to make it join or leave, to disconnect it.
    pub fn target(&self) -> Broadcast<N> {
        let namespaces = smallvec![Arc::clone(&self.namespace)];
        Broadcast::new(self.server.clone(), namespaces, Target::default().to(&self.id))
    }
}

impl<N: Namespace> fmt::Debug for RemoteSocket<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSocket")
            .field("id", &self.id)
            .field("rooms", &self.rooms)
            .finish_non_exhaustive()
    }
}
