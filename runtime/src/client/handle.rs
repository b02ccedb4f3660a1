//! The handle that users hold, and that handlers get.

use std::{fmt, future::Future, marker::PhantomData, sync::Arc, time::Duration};

use super::{
    ClientTarget, ConnectError, DisconnectReason, Manager, Permit, State, StateWatch, TryTarget,
    builder::ClientBuilder, member::Member,
};
use crate::{
    event::{ClientToServer, EmitError, Emits, Namespace, OneSet, Receives},
    id::SocketId,
};

/// How long a client may take to go: to send what was emitted, say good-bye, and close.
pub(crate) const FAREWELL: Duration = Duration::from_secs(5);

/// What the handles of one client share. The client ends with it.
pub(crate) struct Handle {
    member: Arc<Member>,
    manager: Manager,
}

impl Handle {
    pub(crate) fn new(member: Arc<Member>, manager: Manager) -> Arc<Self> {
        Arc::new(Self { member, manager })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.member.leave(FAREWELL);
    }
}

/// A client's socket in namespace `N`. Cheap to clone.
///
/// Made by [`Client::builder`]; it connects in the background and comes back by itself when the connection is lost. When the last clone is
/// dropped, what was emitted is sent, the server is told, and the connection is closed, all within 5 seconds. The clones that running
/// handlers got are clones like any other: a client that nobody else holds ends when its handlers have.
///
/// Emitting is synchronous: an event is written and queued when the method is called, and the order of calls is the order of arrival. While
/// there is no connection, events wait in a buffer that is bounded in bytes. Nothing else waits here, so that every method but the `async`
/// ones can be called from anywhere.
pub struct Client<N: Namespace> {
    handle: Arc<Handle>,
    /// For a handler: the connection that its event came by.
    generation: u64,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Client<N> {
    /// A client of the server at this address, `http`, `https`, `ws` or `wss`. The path of the URL counts for nothing: the namespace is
    /// `N`'s, and the place of the server is the option [`path`](ClientBuilder::path).
    pub fn builder(url: impl Into<String>) -> ClientBuilder<N> {
        ClientBuilder::new(url.into())
    }

    pub(crate) fn of(handle: Arc<Handle>, generation: u64) -> Self {
        Self { handle, generation, namespace: PhantomData }
    }

    pub(crate) fn member(&self) -> &Member {
        &self.handle.member
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    fn target(&self) -> ClientTarget {
        ClientTarget::new(Arc::clone(&self.member().socket))
    }

    /// Emits to the server: a method for each event. A plain event that finds no room is logged and counted.
    #[must_use]
    pub fn emit<E: Emits>(&self) -> E::Emitter<ClientTarget>
    where
        N::ClientToServer: OneSet<E>,
    {
        E::emitter(self.target())
    }

    /// As [`emit`](Self::emit), in a namespace with several client-to-server enums: those of `E`.
    #[must_use]
    pub fn emit_as<E: ClientToServer>(&self) -> E::Emitter<ClientTarget>
    where
        N: Receives<E>,
    {
        E::emitter(self.target())
    }

    /// Emits an event that is at hand as a value; an acknowledgement is not asked for.
    pub fn emit_event<E: ClientToServer>(&self, event: &E)
    where
        N: Receives<E>,
    {
        self.target().emit_value(event);
    }

    /// As [`emit`](Self::emit), with methods that say whether the event was taken.
    #[must_use]
    pub fn try_emit<E: Emits>(&self) -> E::Emitter<TryTarget>
    where
        N::ClientToServer: OneSet<E>,
    {
        E::emitter(TryTarget(self.target()))
    }

    /// As [`try_emit`](Self::try_emit), in a namespace with several client-to-server enums.
    #[must_use]
    pub fn try_emit_as<E: ClientToServer>(&self) -> E::Emitter<TryTarget>
    where
        N: Receives<E>,
    {
        E::emitter(TryTarget(self.target()))
    }

    /// What is emitted through it is dropped if it cannot be sent at once: nothing of it is kept for later.
    pub fn volatile(&self) -> Emitting<N> {
        Emitting { target: self.target().volatile(), namespace: PhantomData }
    }

    /// Answers to what is emitted through it must come within this time.
    pub fn timeout(&self, timeout: Duration) -> Emitting<N> {
        Emitting { target: self.target().timeout(timeout), namespace: PhantomData }
    }

    /// Waits until one event has room, and keeps it free. Cancel safe, but for the place in the queue.
    ///
    /// # Errors
    ///
    /// [`EmitError::Closed`] once the client has ended.
    pub fn reserve(&self) -> impl Future<Output = Result<Permit<N>, EmitError>> + Send + use<N> {
        let socket = Arc::clone(&self.member().socket);
        async move { Permit::reserve(&socket).await }
    }

    /// Where the client stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.member().state()
    }

    /// Follows where the client stands, without keeping it alive.
    #[must_use]
    pub fn watch(&self) -> StateWatch {
        StateWatch(self.member().watch())
    }

    /// Waits until the client is connected. While it tries it waits, for as long as the options let it try:
    /// [`last_error`](Self::last_error) and [`ClientLifecycle::connect_error`](super::ClientLifecycle::connect_error) say what keeps it.
    /// Cancel safe.
    ///
    /// # Errors
    ///
    /// Once the client is closed: because the server refused, because all tries have failed, or because either side has disconnected it.
    pub async fn connected(&self) -> Result<(), ConnectError> {
        let state = self.watch().wait_for(|state| state.is_connected() || state.is_closed()).await;
        match state {
            Some(State::Connected { .. }) => Ok(()),
            Some(State::Closed(reason)) => {
                Err(self.last_error().unwrap_or_else(|| ConnectError::closed(reason)))
            }
            _ => Err(ConnectError::closed(DisconnectReason::ClientDisconnect)),
        }
    }

    /// Waits until the client is closed, and says why: it does not come back by itself then. Cancel safe.
    pub async fn closed(&self) -> DisconnectReason {
        match self.watch().wait_for(State::is_closed).await {
            Some(State::Closed(reason)) => reason,
            _ => DisconnectReason::ClientDisconnect,
        }
    }

    /// Why the last try failed; `None` once one has succeeded, or before any.
    #[must_use]
    pub fn last_error(&self) -> Option<ConnectError> {
        self.member().error()
    }

    /// The id that the server knows this socket by; `None` while there is no connection.
    #[must_use]
    pub fn id(&self) -> Option<SocketId> {
        self.member().socket.id()
    }

    /// Whether the server has kept what belonged to the former connection, and sent what was missed.
    #[must_use]
    pub fn recovered(&self) -> bool {
        matches!(self.state(), State::Connected { recovered: true })
    }

    /// How many events were lost so far: that found no room, or were given up after all retries. Those whose caller was told are not counted.
    #[must_use]
    pub fn lost_events(&self) -> u64 {
        self.member().socket.lost()
    }

    /// The path of the namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.member().path
    }

    /// The connection, which may carry other namespaces too.
    #[must_use]
    pub fn manager(&self) -> &Manager {
        &self.handle.manager
    }

    /// Connects after [`disconnect`](Self::disconnect), after the server has disconnected this client or refused it, or for the first time
    /// with `auto_connect(false)`. Nothing happens to a client that is connected, or trying to be.
    pub fn connect(&self) {
        self.member().connect();
    }

    /// Leaves the namespace. It is left when this returns; what the connection has taken is still sent. The client can be connected again: what
    /// waits, or is emitted until then, is sent then. The connection is closed with its last namespace; [`Manager::idle`] waits for that.
    ///
    /// JavaScript's server drops events that it reads together with the good-bye behind them: who has to be sure that the last event is handled
    /// waits for its acknowledgement first.
    pub fn disconnect(&self) {
        self.member().disconnect();
    }
}

impl<N: Namespace> Clone for Client<N> {
    fn clone(&self) -> Self {
        Self { handle: Arc::clone(&self.handle), ..*self }
    }
}

impl<N: Namespace> fmt::Debug for Client<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("namespace", &self.namespace())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// A client's emits with flags: [`volatile`](Client::volatile), [`timeout`](Client::timeout).
#[must_use]
pub struct Emitting<N: Namespace> {
    target: ClientTarget,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Emitting<N> {
    /// As [`Client::volatile`].
    pub fn volatile(self) -> Self {
        Self { target: self.target.volatile(), ..self }
    }

    /// As [`Client::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { target: self.target.timeout(timeout), ..self }
    }

    /// As [`Client::emit`].
    pub fn emit<E: Emits>(self) -> E::Emitter<ClientTarget>
    where
        N::ClientToServer: OneSet<E>,
    {
        E::emitter(self.target)
    }

    /// As [`Client::emit_as`].
    pub fn emit_as<E: ClientToServer>(self) -> E::Emitter<ClientTarget>
    where
        N: Receives<E>,
    {
        E::emitter(self.target)
    }

    /// As [`Client::try_emit`].
    pub fn try_emit<E: Emits>(self) -> E::Emitter<TryTarget>
    where
        N::ClientToServer: OneSet<E>,
    {
        E::emitter(TryTarget(self.target))
    }

    /// As [`Client::try_emit_as`].
    pub fn try_emit_as<E: ClientToServer>(self) -> E::Emitter<TryTarget>
    where
        N: Receives<E>,
    {
        E::emitter(TryTarget(self.target))
    }
}

impl<N: Namespace> fmt::Debug for Emitting<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitting").field("target", &self.target).finish_non_exhaustive()
    }
}
