//! A socket without its types: what the connection, the rooms and the acknowledgements work with.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::{Notify, oneshot};

use super::{
    EmitError, Recipients, Server,
    ack::Failure,
    metrics::Outstanding,
    namespace::NamespaceCore,
    rate_limit::Buckets,
    recovery::{self, Away, Memory},
    running::{Keep, Kept},
};
use crate::{
    adapter::{Member, Memberships, Recipient, Target},
    engine::{HandshakeRequest, Outbox, Session, WhenFull},
    event::{ArgWriter, EventName, Namespace},
    id::{SessionId, SocketId},
    protocol::{
        close::CloseReason,
        frame::Encoded,
        socket_io::{acks::AckTable, packet::Payload},
    },
};

/// What the sockets of one connection share.
pub(super) struct ConnectionCore {
    pub(super) server: Server,
    pub(super) session: Session,
    pub(super) request: Arc<HandshakeRequest>,
    /// Set to have all sockets disconnected and the connection closed.
    pub(super) kicked: AtomicBool,
    /// Of the rate limits that its sockets are under: a socket that leaves and joins again finds them as they were.
    pub(super) buckets: Buckets,
}

/// Where the answer to an emit is delivered.
pub(super) struct AckWaiter {
    sender: oneshot::Sender<Result<Payload, Failure>>,
    outstanding: Outstanding,
}

impl AckWaiter {
    /// Ends the wait.
    pub(super) fn send(self, answer: Result<Payload, Failure>) {
        if answer == Err(Failure::Timeout) {
            self.outstanding.timed_out();
        }
        // Whoever waited may have given up.
        let _ = self.sender.send(answer);
    }
}

/// What `data = T` holds, without the type.
pub(super) trait ErasedData: Send {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn to_json(&self) -> serde_json::Result<Box<RawValue>>;
}

pub(super) struct DataOf<N: Namespace>(pub(super) N::Data);

impl<N: Namespace> ErasedData for DataOf<N> {
    fn as_any(&self) -> &dyn Any {
        &self.0
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        &mut self.0
    }
    fn to_json(&self) -> serde_json::Result<Box<RawValue>> {
        serde_json::value::to_raw_value(&self.0)
    }
}

/// What is the user's of a socket.
pub(super) struct Belongings {
    /// What `Lifecycle::connect` returned.
    pub(super) session: Kept<dyn Any + Send + Sync>,
    pub(super) data: Mutex<Kept<dyn ErasedData>>,
}

/// What a socket keeps when it comes back.
pub(super) struct Identity {
    pub(super) belongings: Arc<Belongings>,
    pub(super) pid: Option<SessionId>,
    pub(super) recovered: bool,
}

/// How one packet is to be sent.
#[derive(Clone, Copy)]
pub(super) struct Flags {
    pub(super) volatile: bool,
    pub(super) compress: bool,
    pub(super) when_full: WhenFull,
}

impl Keep for dyn ErasedData {
    fn nothing() -> Box<Self> {
        struct Nothing;
        impl ErasedData for Nothing {
            fn as_any(&self) -> &dyn Any {
                self
            }
            fn as_any_mut(&mut self) -> &mut dyn Any {
                self
            }
            fn to_json(&self) -> serde_json::Result<Box<RawValue>> {
                serde_json::value::to_raw_value(&())
            }
        }
        Box::new(Nothing)
    }
}

const JOINING: u8 = 0;
const OPEN: u8 = 1;
/// Left, by whoever's wish; the connection's task has yet to see to it.
const LEAVING: u8 = 2;
const CLOSED: u8 = 3;
/// Above these the reason of the end stands in the same byte, so that whoever sees the one sees the other.
const REASON: u32 = 2;
const STATE: u8 = (1 << REASON) - 1;

/// What a socket needs to come back.
pub(super) struct Passport {
    /// The secret under which it may.
    pub(super) pid: SessionId,
    /// Offsets, changed under the lock of the namespace's recovery: the last one given when it joined, when something was last
    /// queued for it, and when it began to leave.
    joined_at: AtomicU64,
    queued: AtomicU64,
    left_at: AtomicU64,
}

impl Passport {
    fn new(pid: SessionId) -> Self {
        let [joined_at, queued, left_at] = [const { AtomicU64::new(0) }; 3];
        Self { pid, joined_at, queued, left_at }
    }
}

/// A connection in one namespace.
pub(crate) struct SocketCore {
    pub(super) id: SocketId,
    pub(super) namespace: Arc<NamespaceCore>,
    pub(super) connection: Arc<ConnectionCore>,
    /// Shared with the socket it was before, if it was recovered.
    pub(super) belongings: Arc<Belongings>,
    /// Where recovery is on.
    pub(super) passport: Option<Box<Passport>>,
    pub(super) recovered: bool,
    pub(super) acks: Mutex<AckTable<AckWaiter>>,
    memberships: Memberships,
    /// And the reason, from `LEAVING` on.
    state: AtomicU8,
    /// `connected` has been called.
    begun: AtomicBool,
    /// Told of each change of the two above.
    changed: Notify,
}

impl Member for SocketCore {
    fn own_room(&self) -> &str {
        self.id.as_str()
    }
    fn own_key(&self) -> Arc<str> {
        self.id.shared()
    }
    fn memberships(&self) -> &Memberships {
        &self.memberships
    }
}

impl Recipient for SocketCore {
    fn outbox(&self) -> &Arc<Outbox> {
        self.connection.session.outbox()
    }
    fn is_open(&self) -> bool {
        self.is(OPEN)
    }
}

impl SocketCore {
    pub(super) fn new(
        id: SocketId,
        namespace: Arc<NamespaceCore>,
        connection: Arc<ConnectionCore>,
        identity: Identity,
    ) -> Self {
        let max_acks = namespace.limits.max_acks;
        let Identity { belongings, pid, recovered } = identity;
        Self {
            id,
            namespace,
            connection,
            belongings,
            passport: pid.map(|pid| Box::new(Passport::new(pid))),
            recovered,
            acks: Mutex::new(AckTable::new(max_acks)),
            memberships: Memberships::default(),
            state: AtomicU8::new(JOINING),
            begun: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::Acquire) & STATE == state
    }

    /// Makes it reachable, once its CONNECT packet is queued.
    pub(super) fn open(&self) {
        self.state.store(OPEN, Ordering::Release);
    }

    /// Begins the end: from now on nothing is queued for it. `false` if it had begun before, or the socket is not there yet.
    pub(super) fn begin_close(&self, reason: CloseReason) -> bool {
        // Whatever is queued is queued before this, or not at all.
        let memory = self.namespace.memory.as_deref().map(Memory::lock);
        let leaving = LEAVING | reason.index() << REASON;
        let begun = self.state.compare_exchange(OPEN, leaving, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if begun {
            let last = memory.map_or(0, |memory| memory.log.last());
            if let Some(passport) = &self.passport {
                passport.left_at.store(last, Ordering::Relaxed);
            }
        }
        begun
    }

    /// Whether the server has disconnected it: what the client has sent and nobody has handled is not wanted any more.
    pub(super) fn is_dismissed(&self) -> bool {
        !self.is_open() && self.reason() == CloseReason::ServerDisconnect
    }

    /// Whether somebody began the end and the connection's task has not seen to it.
    pub(super) fn is_leaving(&self) -> bool {
        self.is(LEAVING)
    }

    /// Takes the end in hand: fails what waits for answers and wakes those who wait for the close. `None` if that was done before.
    pub(super) fn finish_close(&self) -> Option<CloseReason> {
        let leaving = self.state.load(Ordering::Acquire);
        if leaving & STATE != LEAVING {
            return None;
        }
        // With the reason it has.
        let closed = leaving & !STATE | CLOSED;
        self.state.compare_exchange(leaving, closed, Ordering::AcqRel, Ordering::Acquire).ok()?;
        let waiters = {
            let mut acks = self.acks.lock();
            std::mem::replace(&mut *acks, AckTable::new(0)).drain()
        };
        for (_, waiter) in waiters {
            waiter.send(Err(Failure::Disconnected));
        }
        self.namespace.acks.socket_closed(&self.id);
        self.changed.notify_waiters();
        self.namespace.metrics.disconnected(self.reason());
        Some(self.reason())
    }

    /// Tells the last offset that was given when it joined, where recovery is on.
    pub(super) fn set_joined(&self, offset: u64) {
        if let Some(passport) = &self.passport {
            passport.joined_at.store(offset, Ordering::Relaxed);
        }
    }

    /// Tells the last offset that was queued for it, where recovery is on.
    pub(super) fn set_queued(&self, offset: u64) {
        if let Some(passport) = &self.passport {
            passport.queued.store(offset, Ordering::Relaxed);
        }
    }

    /// Keeps what it takes to come back, where recovery is on.
    pub(super) fn keep(&self) {
        let Some((memory, passport)) = self.namespace.memory.as_ref().zip(self.passport.as_ref()) else {
            return;
        };
        let away = Away {
            id: self.id.clone(),
            pid: passport.pid.clone(),
            rooms: self.memberships.rooms(),
            belongings: Arc::clone(&self.belongings),
            joined_at: passport.joined_at.load(Ordering::Relaxed),
            queued: passport.queued.load(Ordering::Relaxed),
            left_at: passport.left_at.load(Ordering::Relaxed),
        };
        memory.keep(tokio::time::Instant::now().into_std(), away);
    }

    /// Why it has left, or is leaving; of one that has not, nothing that says anything.
    pub(super) fn reason(&self) -> CloseReason {
        let state = self.state.load(Ordering::Acquire);
        let left = (state & STATE >= LEAVING).then(|| CloseReason::at(state >> REASON)).flatten();
        left.unwrap_or(CloseReason::TransportClose)
    }

    /// Leaves the namespace: sends DISCONNECT and has the connection's task run `disconnected`. `false` if it had left before.
    pub(super) fn disconnect(&self) -> bool {
        // First the state, so that of two who do this at once only one tells the client.
        let left = self.begin_close(CloseReason::ServerDisconnect);
        if left {
            if let Ok(packet) = self.namespace.writer.disconnect() {
                let _ = self.outbox().push_with(packet, false, WhenFull::Close);
            }
            self.outbox().wake();
        }
        left
    }

    /// Has the connection's task disconnect all sockets of the connection and close it. Nothing, if this one has left before: the
    /// connection is not its any more, and may have joined anew.
    pub(super) fn disconnect_connection(&self) {
        if self.disconnect() {
            self.connection.kicked.store(true, Ordering::Release);
            self.outbox().wake();
        }
    }

    /// Waits for the end.
    pub(super) async fn closed(&self) -> CloseReason {
        self.until(|| self.is(CLOSED)).await;
        self.reason()
    }

    /// `connected` has been called, and has got as far as its first wait.
    pub(super) fn set_begun(&self) {
        self.begun.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Waits for that, or for the end.
    pub(super) async fn begun(&self) {
        let over = || self.is(CLOSED);
        self.until(|| self.begun.load(Ordering::Acquire) || over()).await;
    }

    async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if is_so() {
                return;
            }
            changed.await;
        }
    }

    pub(super) fn push(&self, packet: Encoded, volatile: bool) -> Result<(), EmitError> {
        self.push_with(packet, volatile, WhenFull::Close)
    }

    fn push_with(&self, packet: Encoded, volatile: bool, when_full: WhenFull) -> Result<(), EmitError> {
        if !self.is_open() {
            return Err(EmitError::Closed);
        }
        Ok(self.outbox().push_with(packet, volatile, when_full)?)
    }

    pub(super) fn emit(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        flags: Flags,
    ) -> Result<(), EmitError> {
        if let Some(memory) = self.namespace.memory.as_ref().filter(|_| !flags.volatile) {
            return self.emit_recoverably(memory, event, write, flags);
        }
        if !self.is_open() {
            return Err(EmitError::Closed);
        }
        let mut packet = self.namespace.writer.event(event, None, write)?;
        packet.compress = flags.compress;
        self.observed(event, &packet, flags.volatile, false);
        let pushed = self.push_with(packet, flags.volatile, flags.when_full);
        self.namespace.metrics.emitted(event, usize::from(pushed.is_ok()));
        pushed
    }

    fn observed(&self, event: EventName<'_>, packet: &Encoded, volatile: bool, ack: bool) {
        let (namespace, to) = (&self.namespace, Recipients::Socket(&self.id));
        namespace.observers.emitted(namespace, to, event.plain, packet, volatile, ack);
    }

    /// Emits so that the event is not lost if the client is cut off now, or is away and comes back.
    fn emit_recoverably(
        &self,
        memory: &Memory,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        flags: Flags,
    ) -> Result<(), EmitError> {
        if !self.is_open() && !recovery::is_recoverable(self.reason()) {
            return Err(EmitError::Closed);
        }
        let mut packet = self.namespace.writer.event(event, None, &recovery::with_place(write))?;
        packet.compress = flags.compress;
        self.observed(event, &packet, false, false);
        let now = tokio::time::Instant::now().into_std();
        // The last reference to a socket drops what is the user's: it outlives the lock.
        let mut found = None;
        let mut deliveries = 0;
        let sent = memory.send(now, packet, Target::default().to(&self.id), |packet, offset| {
            // This socket, or the one it has come back as.
            found = self.namespace.local.rooms.find(self.id.as_str());
            if let Some(socket) = found.as_ref().filter(|socket| socket.is_open()) {
                match socket.outbox().push_with(packet.clone(), false, flags.when_full) {
                    // The session is at its end, or this was too much for it: the event is kept as if the socket had left.
                    Err(_) if socket.outbox().closing().is_some_and(recovery::is_recoverable) => {}
                    pushed => pushed?,
                }
                socket.set_queued(offset);
                deliveries = 1;
            }
            Ok::<(), EmitError>(())
        });
        self.namespace.metrics.emitted(event, deliveries);
        sent
    }

    /// Sends an event that asks for an answer; the receiver gets it, or what became of it.
    pub(super) fn emit_with_ack(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        flags: Flags,
        timeout: Option<Duration>,
    ) -> Result<(u64, oneshot::Receiver<Result<Payload, Failure>>), EmitError> {
        if !self.is_open() {
            return Err(EmitError::Closed);
        }
        let id = self.namespace.acks.next_id();
        let mut packet = self.namespace.writer.event(event, Some(id), write)?;
        packet.compress = flags.compress;
        self.observed(event, &packet, flags.volatile, true);
        let (sender, receiver) = oneshot::channel();
        let waiter = AckWaiter { sender, outstanding: self.namespace.metrics.outstanding() };
        let deadline = self.deadline(timeout);
        let earliest = {
            let mut acks = self.acks.lock();
            let before = acks.next_deadline();
            if acks.insert(id, deadline, waiter).is_err() {
                if !self.is_open() {
                    return Err(EmitError::Closed);
                }
                self.namespace.limits.refusals.acks.add();
                return Err(EmitError::TooManyAcks);
            }
            before.is_none_or(|before| deadline < before)
        };
        if let Err(error) = self.push_with(packet, flags.volatile, flags.when_full) {
            let waiter = self.acks.lock().take(id);
            drop(waiter);
            self.namespace.metrics.emitted(event, 0);
            return Err(error);
        }
        self.namespace.metrics.emitted(event, 1);
        if earliest {
            // The connection's task keeps one timer for all answers it waits for.
            self.outbox().wake();
        }
        Ok((id, receiver))
    }

    fn deadline(&self, timeout: Option<Duration>) -> Instant {
        let timeout = timeout.unwrap_or(self.namespace.limits.ack_timeout);
        tokio::time::Instant::now().into_std() + timeout.min(FAR)
    }
}

/// The longest time-out of an answer; keeps sums of instants in range.
pub(super) const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

impl fmt::Debug for SocketCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.id)
            .field("namespace", &self.namespace.path)
            .field("open", &self.is_open())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::hub::tests::{App, Ours},
        *,
    };

    /// One that has not joined yet.
    fn joining() -> SocketCore {
        let server = Server::builder().namespace::<Ours>(App).build();
        let seat = server.0.hub.join("/ours-1").unwrap();
        let connection = ConnectionCore {
            server,
            session: Session::new(SessionId::from("secret"), Arc::new(Outbox::new(1000))),
            request: Arc::new(HandshakeRequest::new("/?EIO=4&transport=polling")),
            kicked: AtomicBool::new(false),
            buckets: Buckets::default(),
        };
        let identity = Identity {
            belongings: Arc::new(Belongings {
                session: Kept::new(<dyn Any + Send + Sync>::nothing()),
                data: Mutex::new(Kept::new(<dyn ErasedData>::nothing())),
            }),
            pid: None,
            recovered: false,
        };
        SocketCore::new(SocketId::from("x"), Arc::clone(&seat), Arc::new(connection), identity)
    }

    #[test]
    fn a_reason_is_of_the_one_who_begins_the_close() {
        let socket = joining();
        assert!(!socket.begin_close(CloseReason::ServerDisconnect), "it has not joined");
        assert_eq!(socket.finish_close(), None);
        socket.open();
        assert!(socket.begin_close(CloseReason::PingTimeout));
        assert!(!socket.begin_close(CloseReason::ServerDisconnect));
        assert!(socket.is_leaving() && !socket.is_dismissed());
        assert_eq!(socket.reason(), CloseReason::PingTimeout);
        assert_eq!(socket.finish_close(), Some(CloseReason::PingTimeout));
        assert_eq!(socket.finish_close(), None);
        assert_eq!(socket.reason(), CloseReason::PingTimeout);
    }

    #[test]
    fn whoever_sees_the_close_sees_its_reason() {
        for _ in 0..1000 {
            let socket = joining();
            socket.open();
            std::thread::scope(|threads| {
                for reason in [CloseReason::Overflow, CloseReason::ServerDisconnect] {
                    let socket = &socket;
                    threads.spawn(move || {
                        if socket.begin_close(reason) {
                            assert_eq!(socket.reason(), reason);
                        }
                    });
                }
                while socket.is_open() {}
                let seen = socket.reason();
                assert_ne!(seen, CloseReason::TransportClose);
                assert_eq!(socket.finish_close(), Some(seen));
            });
        }
    }
}
