//! The door to a socket's state, from any thread: encodes before it takes the lock, wakes and drops after it has given it back.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{Notify, oneshot};

use super::{
    Answer, Arities, Arrivals, ConnectFault, Connected, EmitFlags, FAR, Incoming, Outgoing, SocketOptions,
    offline::Kind,
    recovery::JoinPayload,
    room::Room,
    state::{Joined, Manner, State},
    waiters::{Aftermath, Waiter},
};
use crate::{
    event::{ArgWriter, EmitError, EncodeError, EventName, PacketWriter, Reply, read_payload},
    id::SocketId,
    protocol::{frame::Encoded, socket_io::packet::Payload},
};

/// One namespace of a client.
///
/// Whoever drives it calls [`handle_timeout`](Self::handle_timeout) when [`poll_timeout`](Self::poll_timeout) says, and
/// [`handle_room`](Self::handle_room) when the outbox has the room that [`wants_room`](Self::wants_room) asks for. Both may change
/// with every call; when somebody else's call changes them, `wake` is notified.
pub(crate) struct SocketShared {
    writer: PacketWriter,
    options: SocketOptions,
    arities: Arities,
    /// From 0, as JavaScript's. An event that is not sent leaves a gap.
    next_id: AtomicU64,
    /// Plain events that were not sent, and packets that were given up.
    lost: AtomicU64,
    state: Mutex<State>,
    pub(super) room: Room,
    wake: Arc<Notify>,
}

impl SocketShared {
    /// One that is offline.
    pub(crate) fn new(
        writer: PacketWriter,
        arities: Arities,
        options: SocketOptions,
        wake: Arc<Notify>,
    ) -> Arc<Self> {
        let state = Mutex::new(State::new(&options));
        let (next_id, lost) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { writer, options, arities, next_id, lost, state, room: Room::default(), wake })
    }

    /// Works on the state, then does what may not be done under its lock.
    fn with<T>(&self, work: impl FnOnce(&mut State, &mut Aftermath) -> T) -> T {
        let mut after = Aftermath::default();
        let result = {
            let mut state = self.state.lock();
            let before = (state.next_deadline(), state.wants_room());
            let result = work(&mut state, &mut after);
            let (deadline, room) = (state.next_deadline(), state.wants_room());
            let earlier = deadline.is_some_and(|deadline| before.0.is_none_or(|before| deadline < before));
            after.wake |= earlier || room != before.1;
            result
        };
        if after.wake {
            self.wake.notify_one();
        }
        after.deliver();
        if after.room {
            self.room.tell();
        }
        result
    }

    /// The path of the namespace.
    pub(crate) fn namespace(&self) -> &str {
        self.writer.namespace()
    }

    /// Writes packets of the namespace: for the answers to its events.
    pub(crate) fn writer(&self) -> &PacketWriter {
        &self.writer
    }

    /// The id that the server gave; `None` while there is no connection.
    pub(crate) fn id(&self) -> Option<SocketId> {
        self.state.lock().joined().map(|joined| joined.id.clone())
    }

    /// Bytes that wait for a connection, for room, or with `retries` for an answer: 0 once all that was emitted is in the outbox, and all that
    /// is retried is answered.
    pub(crate) fn unsent_bytes(&self) -> usize {
        self.state.lock().bytes()
    }

    /// How many events and answers were lost so far: not sent, given up, or thrown away by the close. Those whose caller was told so are not
    /// counted.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Counts events that are lost.
    pub(crate) fn count_lost(&self, events: usize) {
        self.lost.fetch_add(events as u64, Ordering::Relaxed);
    }

    fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Emits an event. With `retries` an answer is waited for, of which nobody is told.
    ///
    /// # Errors
    ///
    /// Why it was neither sent nor kept.
    pub(crate) fn emit(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        flags: EmitFlags,
        now: Instant,
    ) -> Result<(), EmitError> {
        let (retried, manner) = self.manner(flags);
        let id = retried.then(|| self.next_id());
        let packet = self.writer.event(event, id, write)?;
        self.with(|state, after| match id {
            None => state.send(&packet, Kind::Plain, manner),
            Some(id) => state.send_retried(&packet, (id, self.timeout(flags), None), manner, now, after),
        })
    }

    /// Emits an event that asks for an answer; the receiver gets it, or what became of it.
    ///
    /// # Errors
    ///
    /// Why it was neither sent nor kept.
    pub(crate) fn emit_with_ack(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        flags: EmitFlags,
        now: Instant,
    ) -> Result<(u64, oneshot::Receiver<Answer>), EmitError> {
        let (retried, manner) = self.manner(flags);
        let id = self.next_id();
        let packet = self.writer.event(event, Some(id), write)?;
        let (sender, receiver) = oneshot::channel();
        let (waiter, timeout) = (Waiter(sender), self.timeout(flags));
        self.with(|state, after| match retried {
            true => state.send_retried(&packet, (id, timeout, Some(waiter)), manner, now, after),
            false => state.send_acked(&packet, (id, now + timeout, waiter), manner, after),
        })?;
        Ok((id, receiver))
    }

    fn manner(&self, flags: EmitFlags) -> (bool, Manner) {
        let EmitFlags { volatile, reserved, .. } = flags;
        (self.options.retries > 0 && !volatile, Manner { volatile, reserved })
    }

    fn timeout(&self, flags: EmitFlags) -> std::time::Duration {
        flags.timeout.unwrap_or(self.options.ack_timeout).min(FAR)
    }

    /// Nobody waits for this answer any more. The event is not taken back.
    pub(crate) fn forget(&self, id: u64) {
        self.with(|state, after| {
            let waiter = state.waiters.take(id).or_else(|| state.retries.forget(id));
            after.waiters.extend(waiter);
        });
    }

    /// Sends the answer to an event that came over the connection of this generation; nothing if that has ended.
    pub(crate) fn answer(&self, generation: u64, reply: Reply) {
        let Reply(Some(packet)) = reply else { return };
        if let Err(EmitError::Full) = self.try_answer(generation, &packet) {
            self.count_lost(1);
            tracing::warn!(namespace = self.namespace(), "an answer was not sent: the outbox is full");
        }
    }

    /// As [`answer`](Self::answer), and says what became of it.
    ///
    /// # Errors
    ///
    /// [`EmitError::Closed`] if that connection has ended, [`EmitError::Full`] if there is no room.
    pub(crate) fn try_answer(&self, generation: u64, packet: &Encoded) -> Result<(), EmitError> {
        let manner = Manner { volatile: false, reserved: false };
        self.with(|state, _| match state.joined().is_some() && state.generation == generation {
            true => state.send(packet, Kind::Answer, manner),
            false => Err(EmitError::Closed),
        })
    }

    /// Which connection it is now: what the events that come over it carry.
    pub(crate) fn generation(&self) -> u64 {
        self.state.lock().generation
    }

    /// The CONNECT with which the server is asked to let us join, to be sent at once; `None` if it was asked before over this connection,
    /// or if the socket is closed. From here on events of the namespace are taken, and no emit is sent until the server has answered.
    ///
    /// # Errors
    ///
    /// If `auth` is neither an object nor `null`; nothing is asked then.
    pub(crate) fn connect_packet(&self, auth: Option<&RawValue>) -> Result<Option<Encoded>, EncodeError> {
        let claim = self.state.lock().recovery.claim();
        let payload = JoinPayload { claim, auth };
        let packet = self.writer.connect((!payload.is_empty()).then_some(&payload))?;
        Ok(self.with(|state, _| state.join()).then_some(packet))
    }

    /// The server says that we have joined. What waited is sent before anything that is emitted from now on.
    ///
    /// # Errors
    ///
    /// Why we have not joined. After [`ConnectFault::NoId`] and [`ConnectFault::Malformed`] the server still has to be given up.
    pub(crate) fn handle_connect(
        &self,
        payload: Option<&Payload>,
        sink: Arc<dyn Outgoing>,
        now: Instant,
    ) -> Result<Connected, ConnectFault> {
        #[derive(Deserialize)]
        struct Accepted {
            sid: Option<SocketId>,
            pid: Option<String>,
        }

        let payload = payload.ok_or(ConnectFault::NoId)?;
        let Accepted { sid, pid } = read_payload(payload).map_err(ConnectFault::Malformed)?;
        let id = sid.ok_or(ConnectFault::NoId)?;
        let farewell = self.writer.disconnect().ok();
        let joined = Joined { sink, id };
        let (recovered, events) =
            self.with(|state, after| state.joined_as(joined, pid, now, farewell.as_ref(), after))?;
        self.note_offsets(&events);
        Ok(Connected { recovered, events })
    }

    /// The server does not let us join; whether somebody wants to know. The socket is offline, and may be connected again.
    pub(crate) fn handle_connect_error(&self) -> bool {
        self.with(|state, _| state.refused())
    }

    /// An event came. Gives what is to be handled now, in order: that is nothing before the server says that we have joined.
    #[must_use]
    pub(crate) fn handle_event(&self, payload: Payload, id: Option<u64>) -> Arrivals {
        let events = self.with(|state, _| state.received(payload, id));
        self.note_offsets(&events);
        events
    }

    /// Remembers how far we have read. Only whoever drives the socket comes here, so that this is in order without the lock.
    fn note_offsets(&self, events: &[Incoming]) {
        if events.is_empty() || !self.state.lock().recovery.is_possible() {
            return;
        }
        let without_ack = events.iter().rev().filter(|event| event.id.is_none());
        let offset = without_ack.map(|event| &event.payload).find_map(|payload| self.arities.offset(payload));
        self.state.lock().recovery.received(offset);
    }

    /// An answer came. One that nobody waits for is nothing.
    pub(crate) fn handle_ack(&self, id: u64, payload: Payload, now: Instant) {
        self.with(|state, after| state.answered(id, payload, now, after));
    }

    /// The connection has ended, or the server has made us leave: fails at once what waits for the answer to something that was sent. What was
    /// not sent stays, and what is retried is sent again over the next connection. Gives who we were, if we had joined.
    pub(crate) fn handle_closed(&self) -> Option<SocketId> {
        // The queue goes with it, outside of the lock.
        self.with(|state, after| state.left(after)).map(|joined| joined.id)
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.state.lock().next_deadline()
    }

    /// Ends the waits that are over: an event that was not sent in its time is taken back, one that is retried is sent again or given up.
    pub(crate) fn handle_timeout(&self, now: Instant) {
        if self.with(|state, after| state.expire(now, after)) {
            self.count_lost(1);
            tracing::warn!(namespace = self.namespace(), "an event was given up: no try of it was answered");
        }
    }

    /// How many bytes a packet could have that the outbox takes, when [`handle_room`](Self::handle_room) has something to do;
    /// `None` if nothing waits for the outbox.
    pub(crate) fn wants_room(&self) -> Option<usize> {
        self.state.lock().wants_room()
    }

    /// The outbox has room again.
    pub(crate) fn handle_room(&self, now: Instant) {
        self.with(|state, after| {
            state.room_wanted = false;
            after.room = true;
            state.advance(now, after);
        });
    }

    pub(super) fn promise(&self) -> Result<bool, EmitError> {
        self.with(|state, _| state.promise())
    }

    pub(super) fn give_back(&self) {
        self.with(|state, after| {
            state.permits -= 1;
            after.room = true;
        });
    }

    /// The user leaves: `socket.disconnect()`. Sends DISCONNECT, now or when the server has answered our CONNECT, and does what
    /// [`handle_closed`](Self::handle_closed) does. Gives who we were, if we had joined.
    pub(crate) fn disconnect(&self) -> Option<SocketId> {
        let farewell = self.writer.disconnect().ok();
        let joined = self.with(|state, after| {
            after.wake = true;
            state.leave(farewell.as_ref(), after)
        });
        joined.map(|joined| joined.id)
    }

    /// The end: as [`disconnect`](Self::disconnect), and nothing stays. Who waits is told; emitting is an error from now on. Gives who we
    /// were, if we had joined.
    pub(crate) fn close(&self) -> Option<SocketId> {
        let farewell = self.writer.disconnect().ok();
        let (joined, held, lost) = self.with(|state, after| {
            after.wake = true;
            state.close(farewell.as_ref(), after)
        });
        drop(held);
        if lost > 0 {
            self.count_lost(lost);
            tracing::debug!(
                namespace = self.namespace(),
                events = lost,
                "closed with events that were not sent"
            );
        }
        joined.map(|joined| joined.id)
    }

    #[cfg(test)]
    pub(super) fn locked(&self) -> parking_lot::MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl fmt::Debug for SocketShared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("namespace", &self.namespace()).finish_non_exhaustive()
    }
}
