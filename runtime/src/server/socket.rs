//! A socket with its types: what handlers get.

use std::{any::Any, fmt, future::Future, marker::PhantomData, sync::Arc, time::Duration};

use smallvec::smallvec;

use super::{
    Broadcast, EmitError, Server,
    core::SocketCore,
    emit::{Socketed, Strictness},
};
use crate::{
    adapter::{IntoRooms, JoinError, Member, Recipient, Room, Target},
    engine::{HandshakeRequest, PushError, Reservation, TraceContext, TransportKind},
    event::{Emits, EmittableOn, Namespace, OneSet},
    id::SocketId,
    protocol::close::CloseReason,
};

/// One client in namespace `N`. Cheap to clone; keeping one keeps no connection open.
///
/// Everything that sends on a closed socket does nothing (or says so, on the `try_` side).
///
/// ```
/// # use std::time::Duration;
/// # use sockeye::prelude::*;
/// # #[derive(ClientToServer)]
/// # enum ChatRequest { Typing }
/// # #[derive(ServerToClient)]
/// # enum ChatPush { Message { text: String }, #[event(ack = bool)] StillThere }
/// # #[derive(Namespace)]
/// # #[namespace("/", client_to_server = ChatRequest, server_to_client = ChatPush)]
/// # struct Chat;
/// # struct App;
/// # impl Lifecycle<Chat> for App {
/// #     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
/// # }
/// impl ChatRequestHandler<Chat> for App {
///     async fn typing(&self, socket: Socket<Chat>) {
///         socket.emit().message("to this client");
///         socket.to("lobby").emit().message("to the others in a room");
///         socket.broadcast().emit().message("to all others");
///
///         // An event with `ack = bool` is a future of the answer. It is sent here, whether it is awaited or not.
///         match socket.timeout(Duration::from_secs(2)).emit().still_there().await {
///             Ok(true) => {}
///             Ok(false) | Err(AckError::Timeout) => socket.disconnect(),
///             Err(error) => eprintln!("{}: {error}", socket.id()),
///         }
///     }
/// }
/// ```
// No bound: a type that is no namespace is then one error, where it is handled, and not one wherever it is named.
pub struct Socket<N> {
    pub(crate) core: Arc<SocketCore>,
    namespace: PhantomData<fn() -> N>,
}

impl<N> Clone for Socket<N> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.core))
    }
}

impl<N> fmt::Debug for Socket<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}

impl<N> Socket<N> {
    pub(crate) fn new(core: Arc<SocketCore>) -> Self {
        Self { core, namespace: PhantomData }
    }
}

impl<N: Namespace> Socket<N> {
    /// The public id: `socket.id`.
    #[must_use]
    pub fn id(&self) -> &SocketId {
        &self.core.id
    }

    /// The path of the namespace: `socket.nsp.name`.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.core.namespace.path
    }

    /// The namespace with its parameters: for `#[namespace("/room-{id}")] struct Room { id: u32 }`, `socket.params().id`.
    #[must_use]
    pub fn params(&self) -> &N {
        let params: &dyn Any = &*self.core.namespace.params;
        match params.downcast_ref() {
            Some(params) => params,
            None => unreachable!("a namespace is made with a value of its type"),
        }
    }

    /// What `Lifecycle::connect` returned. Local to this process.
    #[must_use]
    pub fn session(&self) -> &N::Session {
        let session: &(dyn Any + Send + Sync) = &*self.core.belongings.session;
        match session.downcast_ref() {
            Some(session) => session,
            None => unreachable!("a socket is made with the session of its namespace's type"),
        }
    }

    /// A copy of the socket's data: `socket.data`. Other nodes see it too.
    #[must_use]
    pub fn data(&self) -> N::Data {
        self.update_data(|data| data.clone())
    }

    /// Replaces the socket's data.
    pub fn set_data(&self, data: N::Data) {
        let old = self.update_data(|slot| std::mem::replace(slot, data));
        drop(old);
    }

    /// Changes the socket's data in place. A lock is held meanwhile: do not call back into this socket's data from `change`.
    pub fn update_data<T>(&self, change: impl FnOnce(&mut N::Data) -> T) -> T {
        let mut data = self.core.belongings.data.lock();
        match data.as_any_mut().downcast_mut() {
            Some(data) => change(data),
            None => unreachable!("a socket is made with the data of its namespace's type"),
        }
    }

    /// The HTTP request that opened the session: `socket.handshake`. Shared by the namespaces of a connection.
    #[must_use]
    pub fn handshake(&self) -> &HandshakeRequest {
        &self.core.connection.request
    }

    /// The trace that the session's request belongs to, by its `traceparent` header.
    #[must_use]
    pub fn trace_context(&self) -> Option<&TraceContext> {
        self.handshake().trace_context()
    }

    /// The transport in use now: `socket.conn.transport.name`.
    #[must_use]
    pub fn transport(&self) -> TransportKind {
        self.core.connection.session.transport()
    }

    /// The server: `io`. It lives as long as one of its sockets does.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.core.connection.server
    }

    /// Whether the client was cut off and has come back as this socket: `socket.recovered`.
    #[must_use]
    pub fn recovered(&self) -> bool {
        self.core.recovered
    }

    /// Whether it is still in the namespace, and its connection is not about to end: a loop that emits sees at once that its client reads
    /// too slowly and is closed for it.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.core.is_open() && !self.core.outbox().is_closing()
    }

    /// What waits for this client, of all its namespaces, and what it has missed.
    ///
    /// ```
    /// # use sockeye::prelude::*;
    /// # #[derive(Namespace)] #[namespace("/")] struct Main;
    /// fn is_slow(socket: &Socket<Main>) -> bool {
    ///     let outbox = socket.outbox();
    ///     outbox.bytes > outbox.limit / 2 || outbox.dropped > 0
    /// }
    /// ```
    #[must_use]
    pub fn outbox(&self) -> OutboxState {
        let outbox = self.core.outbox();
        OutboxState {
            bytes: outbox.queued_bytes(),
            frames: outbox.queued_frames(),
            limit: outbox.limit(),
            dropped: outbox.dropped(),
        }
    }

    /// Waits until the socket has left its namespace.
    ///
    /// # Cancel safety
    ///
    /// Yes.
    pub async fn closed(&self) -> CloseReason {
        self.core.closed().await
    }

    /// Runs a future beside the handlers until it ends or the socket closes, whichever comes first.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sockeye::prelude::*;
    /// # #[derive(ServerToClient)] enum Push { Tick { n: u64 } }
    /// # #[derive(Namespace)] #[namespace("/", server_to_client = Push)] struct Clock;
    /// # fn start(socket: Socket<Clock>) {
    /// socket.clone().spawn(async move {
    ///     for n in 0.. {
    ///         tokio::time::sleep(Duration::from_secs(1)).await;
    ///         socket.emit().tick(n);
    ///     }
    /// });
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let core = Arc::clone(&self.core);
        // Owned by the socket: its close ends it.
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = core.closed() => {}
                () = future => {}
            }
        });
    }

    /// Joins a room, or several. Being in one already is fine.
    ///
    /// # Errors
    ///
    /// If the socket is closed, or in as many rooms as it may be.
    pub fn join(&self, rooms: impl IntoRooms) -> Result<(), JoinError> {
        let mut names = Vec::new();
        rooms.add_to(&mut names);
        self.core.namespace.join(&self.core, &names)
    }

    /// Leaves a room, or several.
    pub fn leave(&self, rooms: impl IntoRooms) {
        let mut names = Vec::new();
        rooms.add_to(&mut names);
        self.core.namespace.leave(&self.core, &names);
    }

    /// The rooms it is in, sorted; the room of its own id is not among them.
    #[must_use]
    pub fn rooms(&self) -> Vec<Room> {
        self.core.memberships().rooms()
    }

    /// Whether it is in this room: a name as text, a [`Room`], a type that derives it. A `Room` by reference is not copied, text is.
    ///
    /// ```
    /// # use sockeye::prelude::*;
    /// #[derive(Room)]
    /// struct Table { id: u32 }
    ///
    /// # fn sits<N: Namespace>(socket: &Socket<N>) -> bool {
    /// socket.is_in("lobby") || socket.is_in(Table { id: 7 })
    /// # }
    /// ```
    #[must_use]
    pub fn is_in(&self, room: impl Into<Room>) -> bool {
        self.core.memberships().contains(room.into().as_str())
    }

    /// Emits to this client: the result has a method for each event. Plain ones are sent when called and return nothing;
    /// those with an acknowledgement are sent when called and return a future for the answer.
    pub fn emit<E: Emits>(&self) -> E::Emitter<Socketed>
    where
        N::ServerToClient: OneSet<E>,
    {
        self.operator().emit()
    }

    /// As [`emit`](Self::emit), but each method says whether the event was queued.
    pub fn try_emit<E: Emits>(&self) -> E::Emitter<Strictness<Socketed>>
    where
        N::ServerToClient: OneSet<E>,
    {
        self.operator().try_emit()
    }

    /// As [`emit`](Self::emit), in a namespace with several server-to-client enums: those of `E`.
    ///
    /// ```
    /// # use sockeye::prelude::*;
    /// # #[derive(ServerToClient)] enum LobbyPush { Entered }
    /// # #[derive(ServerToClient)] enum GamePush { #[event(ack = u8)] YourMove { seconds: u32 } }
    /// #[derive(Namespace)]
    /// #[namespace("/", server_to_client = [LobbyPush, GamePush])]
    /// struct Main;
    ///
    /// async fn ask(socket: &Socket<Main>) -> Result<u8, AckError> {
    ///     socket.emit_as::<LobbyPush>().entered();
    ///     socket.emit_as::<GamePush>().your_move(30).await
    /// }
    /// ```
    pub fn emit_as<E: EmittableOn<N>>(&self) -> E::Emitter<Socketed> {
        self.operator().emit_as::<E>()
    }

    /// Emits an event that is at hand as a value, without asking for an acknowledgement.
    pub fn emit_event<E: EmittableOn<N>>(&self, event: &E) {
        self.operator().emit_event(event);
    }

    /// Waits until the outbox has room, at most half of its limit in use, and gives the right to emit one event whatever
    /// others queue meanwhile. Those who wait are served in turn; at most four permits of a connection are out at a time. This is how to send much to one client without its being closed as too slow.
    ///
    /// ```
    /// # use sockeye::prelude::*;
    /// # #[derive(ServerToClient)] enum Push { Line { text: String } }
    /// # #[derive(Namespace)] #[namespace("/", server_to_client = Push)] struct Log;
    /// async fn send_all(socket: &Socket<Log>, lines: &[String]) -> Result<(), EmitError> {
    ///     for line in lines {
    ///         socket.reserve().await?.emit().line(line)?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`EmitError::Closed`] once the socket is closed.
    ///
    /// # Cancel safety
    ///
    /// Yes; but the place in the queue is lost.
    pub async fn reserve(&self) -> Result<Permit<N>, EmitError> {
        tokio::select! {
            biased;
            _ = self.core.closed() => Err(EmitError::Closed),
            room = Arc::clone(self.core.connection.session.outbox()).reserve_owned() => match room {
                Ok(room) => Ok(Permit { socket: self.clone(), room }),
                Err(PushError::Full | PushError::Dropped | PushError::Closed) => Err(EmitError::Closed),
            },
        }
    }

    fn operator(&self) -> SocketOperator<N> {
        SocketOperator { target: Socketed::new(Arc::clone(&self.core)), namespace: PhantomData }
    }

    /// Emits that are dropped when the client cannot take them at once: `socket.volatile`.
    pub fn volatile(&self) -> SocketOperator<N> {
        self.operator().volatile()
    }

    /// Emits whose acknowledgement must come within this time: `socket.timeout(ms)`. The server's default is 20 s.
    pub fn timeout(&self, timeout: Duration) -> SocketOperator<N> {
        self.operator().timeout(timeout)
    }

    /// Whether compression is worth it for what follows: `socket.compress(false)` spares it for what is packed already. Only polling
    /// answers are compressed.
    pub fn compress(&self, compress: bool) -> SocketOperator<N> {
        self.operator().compress(compress)
    }

    fn targeting(&self, target: Target) -> Broadcast<N> {
        let namespaces = smallvec![Arc::clone(&self.core.namespace)];
        Broadcast::new(self.core.connection.server.clone(), namespaces, target)
    }

    /// Everyone in the namespace, this socket included: `socket.nsp`.
    pub fn everyone(&self) -> Broadcast<N> {
        self.targeting(Target::default())
    }

    /// Everyone in the namespace but this socket: `socket.broadcast`.
    pub fn broadcast(&self) -> Broadcast<N> {
        self.targeting(Target::default().except(self.id()))
    }

    /// Everyone in a room, or in any of several, but this socket: `socket.to(room)`.
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast<N> {
        self.broadcast().to(rooms)
    }

    /// Everyone but those in a room and this socket: `socket.except(room)`.
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast<N> {
        self.broadcast().except(rooms)
    }

    /// Everyone on this node but this socket: `socket.local`.
    pub fn local(&self) -> Broadcast<N> {
        self.broadcast().local()
    }

    /// Leaves the namespace: `socket.disconnect()`. The client sees `io server disconnect` and does not come back by itself.
    /// What was emitted before still arrives.
    pub fn disconnect(&self) {
        self.core.disconnect();
    }

    /// Leaves all namespaces of the connection and closes it: `socket.disconnect(true)`. On a socket that is closed it does nothing, as in
    /// JavaScript: the connection may live on, and may have joined again.
    pub fn disconnect_connection(&self) {
        self.core.disconnect_connection();
    }
}

/// The outbox of a client at a moment, from [`Socket::outbox`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboxState {
    /// Bytes that wait.
    pub bytes: usize,
    /// Frames that wait: one for each packet, and one for each attachment.
    pub frames: usize,
    /// Most bytes that may wait: [`ServerBuilder::outbox_limit`](super::ServerBuilder::outbox_limit).
    pub limit: usize,
    /// Packets that were dropped since the connection began: volatile ones that could not be sent at once, and those that
    /// [`Overflow::DropNewest`](crate::engine::Overflow::DropNewest) dropped.
    pub dropped: u64,
}

/// A socket with flags for what is emitted: `socket.volatile`, `socket.timeout(ms)`.
#[derive(Debug)]
#[must_use]
pub struct SocketOperator<N: Namespace> {
    target: Socketed,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> SocketOperator<N> {
    /// See [`Socket::volatile`].
    pub fn volatile(mut self) -> Self {
        self.target.volatile = true;
        self
    }

    /// See [`Socket::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.target.timeout = Some(timeout);
        self
    }

    /// See [`Socket::compress`].
    pub fn compress(mut self, compress: bool) -> Self {
        self.target.compress = compress;
        self
    }

    /// See [`Socket::emit`].
    pub fn emit<E: Emits>(self) -> E::Emitter<Socketed>
    where
        N::ServerToClient: OneSet<E>,
    {
        E::emitter(self.target)
    }

    /// See [`Socket::try_emit`].
    pub fn try_emit<E: Emits>(self) -> E::Emitter<Strictness<Socketed>>
    where
        N::ServerToClient: OneSet<E>,
    {
        E::emitter(Strictness(self.target))
    }

    /// See [`Socket::emit_as`].
    pub fn emit_as<E: EmittableOn<N>>(self) -> E::Emitter<Socketed> {
        E::emitter(self.target)
    }

    /// See [`Socket::emit_event`].
    pub fn emit_event<E: EmittableOn<N>>(self, event: &E) {
        self.target.emit_value(event);
    }
}

/// The right to emit one event, from [`Socket::reserve`].
#[derive(Debug)]
#[must_use]
pub struct Permit<N: Namespace> {
    socket: Socket<N>,
    room: Reservation,
}

impl<N: Namespace> Permit<N> {
    /// See [`Socket::try_emit`]; the outbox takes the event whatever its size. An emitter that is used more than once has room for the first only.
    pub fn emit<E: Emits>(self) -> E::Emitter<Strictness<Socketed>>
    where
        N::ServerToClient: OneSet<E>,
    {
        let mut target = Socketed::new(Arc::clone(&self.socket.core));
        target.reserved = Some(self.room);
        E::emitter(Strictness(target))
    }
}
