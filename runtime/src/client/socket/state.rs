//! What happens when: the state of a socket, under its lock.
//!
//! Runs no code of the user's. What does, waking and dropping, is gathered in an [`Aftermath`] for when the lock is free.

use std::{
    collections::HashSet,
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Arrivals, ConnectFault, Incoming, Outgoing, SocketOptions,
    held::Held,
    offline::{Kind, OfflineBuffer, cost},
    recovery::Recovery,
    retries::RetryQueue,
    waiters::{Aftermath, Waiter, Waiters},
};
use crate::{
    event::EmitError,
    id::SocketId,
    protocol::{frame::Encoded, socket_io::packet::Payload},
};

/// Where the socket stands with the server.
pub(super) enum Phase {
    /// Nothing was said.
    Offline,
    /// The server was asked to let us join. With `leave`, the user has left since.
    Joining { leave: bool },
    /// We have joined.
    Joined(Joined),
    /// For good. With `joining`, the server was asked before, and has not answered.
    Closed { joining: bool },
}

#[derive(Clone)]
pub(super) struct Joined {
    pub(super) sink: Arc<dyn Outgoing>,
    pub(super) id: SocketId,
}

/// How a packet is sent.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    pub(super) volatile: bool,
    /// Whatever the limit of the buffer.
    pub(super) reserved: bool,
}

pub(super) struct State {
    pub(super) phase: Phase,
    /// Counts the connections that have ended.
    pub(super) generation: u64,
    pub(super) unsent: OfflineBuffer,
    pub(super) retries: RetryQueue,
    pub(super) waiters: Waiters,
    pub(super) recovery: Recovery,
    pub(super) held: Held,
    /// Room that was promised and not used.
    pub(super) permits: usize,
    /// Somebody waits for room in the outbox.
    pub(super) room_wanted: bool,
    limit: usize,
    held_limit: usize,
}

impl State {
    pub(super) fn new(options: &SocketOptions) -> Self {
        Self {
            phase: Phase::Offline,
            generation: 0,
            unsent: OfflineBuffer::default(),
            retries: RetryQueue::new(options.retries),
            waiters: Waiters::new(options.max_acks),
            recovery: Recovery::default(),
            held: Held::default(),
            permits: 0,
            room_wanted: false,
            limit: options.buffer_bytes,
            held_limit: options.held_bytes,
        }
    }

    pub(super) fn joined(&self) -> Option<&Joined> {
        match &self.phase {
            Phase::Joined(joined) => Some(joined),
            _ => None,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed { .. })
    }

    /// Bytes that wait for a connection or, retried, for an answer.
    pub(super) fn bytes(&self) -> usize {
        self.unsent.bytes() + self.retries.bytes()
    }

    fn fits(&self, packet: &Encoded, manner: Manner) -> Result<(), EmitError> {
        match manner.reserved || self.bytes().saturating_add(cost(packet)) <= self.limit {
            true => Ok(()),
            false => Err(EmitError::Full),
        }
    }

    /// Sends a packet, or keeps it for when it can be sent.
    pub(super) fn send(&mut self, packet: &Encoded, kind: Kind, manner: Manner) -> Result<(), EmitError> {
        match &self.phase {
            Phase::Closed { .. } => return Err(EmitError::Closed),
            // What waits already goes first.
            Phase::Joined(Joined { sink, .. }) if self.unsent.is_empty() => {
                if manner.volatile && !sink.is_writable() {
                    return Err(EmitError::Dropped);
                }
                match sink.push(packet) {
                    // The connection is at its end, of which nobody has told yet.
                    Err(EmitError::Closed) => {}
                    Err(EmitError::Full) if manner.reserved || kind == Kind::Answer => {}
                    pushed => return pushed,
                }
            }
            _ => {}
        }
        if manner.volatile {
            return Err(EmitError::Dropped);
        }
        self.fits(packet, manner)?;
        self.unsent.push(packet.clone(), kind);
        Ok(())
    }

    /// As [`send`](Self::send), for an event whose answer is waited for.
    pub(super) fn send_acked(
        &mut self,
        packet: &Encoded,
        (id, deadline, waiter): (u64, Instant, Waiter),
        manner: Manner,
        after: &mut Aftermath,
    ) -> Result<(), EmitError> {
        if self.is_closed() {
            after.waiters.push(waiter);
            return Err(EmitError::Closed);
        }
        if let Err(waiter) = self.waiters.insert(id, deadline, waiter) {
            after.waiters.push(waiter);
            return Err(EmitError::TooManyAcks);
        }
        let sent = self.send(packet, Kind::Acked(id), manner);
        if sent.is_err() {
            after.waiters.extend(self.waiters.take(id));
        }
        sent
    }

    /// As [`send`](Self::send), for an event that is sent until it is answered.
    pub(super) fn send_retried(
        &mut self,
        packet: &Encoded,
        (id, timeout, waiter): (u64, Duration, Option<Waiter>),
        manner: Manner,
        now: Instant,
        after: &mut Aftermath,
    ) -> Result<(), EmitError> {
        let taken = match self.is_closed() {
            true => Err(EmitError::Closed),
            false => self.fits(packet, manner),
        };
        match taken {
            Ok(()) => {
                self.retries.push(packet.clone(), id, timeout, waiter);
                self.advance(now, after);
            }
            Err(_) => after.waiters.extend(waiter),
        }
        taken
    }

    /// Sends what can be sent: what waits, then the packet whose turn it is to be retried.
    pub(super) fn advance(&mut self, now: Instant, after: &mut Aftermath) {
        let Phase::Joined(Joined { sink, .. }) = &self.phase else { return };
        while let Some(packet) = self.unsent.front() {
            if sink.push(packet).is_err() {
                return;
            }
            after.packets.extend(self.unsent.pop());
            after.room = true;
        }
        if let Some(packet) = self.retries.due()
            && sink.push(packet).is_ok()
        {
            self.retries.sent(now);
        }
    }

    /// How much room the outbox must have for something that waits to go on.
    pub(super) fn wants_room(&self) -> Option<usize> {
        let Joined { sink, .. } = self.joined()?;
        let stuck = self.unsent.front().or_else(|| self.retries.due()).map(Encoded::size);
        stuck.or_else(|| self.room_wanted.then(|| sink.limit() / 2))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiters.next_deadline().into_iter().chain(self.retries.next_deadline()).min()
    }

    /// Ends the waits that are over. Gives whether an event is lost of which nobody is told.
    pub(super) fn expire(&mut self, now: Instant, after: &mut Aftermath) -> bool {
        let ids = self.waiters.expire(now, after);
        if !ids.is_empty() {
            let late = |kind| matches!(kind, Kind::Acked(id) if ids.contains(&id));
            self.unsent.retain(|kind| !late(kind), &mut after.packets);
        }
        let told = after.answers.len();
        let given_up = self.retries.expire(now, after);
        let lost = given_up && after.answers.len() == told;
        after.room = true;
        self.advance(now, after);
        lost
    }

    pub(super) fn answered(&mut self, id: u64, payload: Payload, now: Instant, after: &mut Aftermath) {
        match self.retries.answered(id, payload, after) {
            None => {
                after.room = true;
                self.advance(now, after);
            }
            Some(payload) => {
                let waiter = self.waiters.take(id);
                after.settle(waiter, Ok(payload));
            }
        }
    }

    /// Whether the server has to be asked to let us join.
    pub(super) fn join(&mut self) -> bool {
        match &mut self.phase {
            Phase::Offline => {
                self.phase = Phase::Joining { leave: false };
                true
            }
            // It was asked, and has not answered: its answer is for the user who has come back.
            Phase::Joining { leave } => {
                *leave = false;
                false
            }
            Phase::Joined(_) | Phase::Closed { .. } => false,
        }
    }

    /// The server lets us join. Gives whether it took up the session that we had, and the events that came before.
    pub(super) fn joined_as(
        &mut self,
        joined: Joined,
        pid: Option<String>,
        now: Instant,
        farewell: Option<&Encoded>,
        after: &mut Aftermath,
    ) -> Result<(bool, Arrivals), ConnectFault> {
        match self.phase {
            Phase::Joining { leave: false } => {}
            Phase::Joining { leave: true } | Phase::Closed { joining: true } => {
                if let Some(farewell) = farewell {
                    // If the connection is ending, it says as much.
                    let _ = joined.sink.push_anyway(farewell);
                }
                match &mut self.phase {
                    Phase::Closed { joining } => *joining = false,
                    phase => *phase = Phase::Offline,
                }
                return Err(ConnectFault::Left);
            }
            Phase::Offline | Phase::Joined(_) | Phase::Closed { joining: false } => {
                return Err(ConnectFault::Unexpected);
            }
        }
        self.phase = Phase::Joined(joined);
        let recovered = self.recovery.joined(pid);
        self.advance(now, after);
        after.room = true;
        Ok((recovered, self.held.take()))
    }

    /// The server does not let us join. Whether somebody wants to know.
    pub(super) fn refused(&mut self) -> bool {
        match &mut self.phase {
            Phase::Joining { leave } => {
                let wanted = !*leave;
                self.phase = Phase::Offline;
                wanted
            }
            Phase::Closed { joining } => {
                *joining = false;
                false
            }
            Phase::Offline | Phase::Joined(_) => false,
        }
    }

    /// An event came; gives those that are to be handled now.
    pub(super) fn received(&mut self, payload: Payload, id: Option<u64>) -> Arrivals {
        let has_offset = id.is_none() && self.recovery.is_possible();
        let event = Incoming { payload, id, has_offset, generation: self.generation };
        match self.phase {
            Phase::Joined(_) => smallvec::smallvec![event],
            Phase::Joining { leave: false } => self.held.push(event, self.held_limit),
            Phase::Joining { leave: true } | Phase::Offline | Phase::Closed { .. } => Arrivals::new(),
        }
    }

    /// The connection has ended, or the namespace was left. Gives who we were, and how many answers were lost.
    pub(super) fn left(&mut self, after: &mut Aftermath) -> Option<Joined> {
        self.generation += 1;
        self.unsent.retain(|kind| kind != Kind::Answer, &mut after.packets);
        let staying: HashSet<u64> = self.unsent.ids().collect();
        self.waiters.disconnect(&staying, after);
        self.retries.disconnect();
        self.room_wanted = false;
        after.room = true;
        if let Phase::Closed { joining } = &mut self.phase {
            *joining = false;
            return None;
        }
        match mem::replace(&mut self.phase, Phase::Offline) {
            Phase::Joined(joined) => Some(joined),
            _ => None,
        }
    }

    /// The user leaves. Gives who we were, if we had joined.
    pub(super) fn leave(&mut self, farewell: Option<&Encoded>, after: &mut Aftermath) -> Option<Joined> {
        match &mut self.phase {
            Phase::Offline | Phase::Closed { .. } => None,
            Phase::Joining { leave } => {
                *leave = true;
                None
            }
            Phase::Joined(joined) => {
                if let Some(farewell) = farewell {
                    let _ = joined.sink.push_anyway(farewell);
                }
                self.left(after)
            }
        }
    }

    /// The end. Gives who we were, if we had joined, what was held, and how many events are lost of which nobody is told.
    pub(super) fn close(
        &mut self,
        farewell: Option<&Encoded>,
        after: &mut Aftermath,
    ) -> (Option<Joined>, Arrivals, usize) {
        let joined = self.leave(farewell, after);
        let joining = matches!(self.phase, Phase::Joining { .. } | Phase::Closed { joining: true });
        self.phase = Phase::Closed { joining };
        let lost = self.unsent.clear(&mut after.packets) + self.retries.clear(after);
        self.waiters.disconnect(&HashSet::new(), after);
        self.recovery = Recovery::default();
        after.room = true;
        (joined, self.held.take(), lost)
    }

    /// Promises room for a packet, if there is some: at most half of the limit is in use, and half of the outbox's. Each promise counts for
    /// an eighth of the limit until it is used or given back, so that at most four are out at a time.
    pub(super) fn promise(&mut self) -> Result<bool, EmitError> {
        const SHARE: usize = 8;
        if self.is_closed() {
            return Err(EmitError::Closed);
        }
        let share = (self.limit / SHARE).max(1);
        let promised = if self.permits == 0 { 0 } else { (self.permits + 1) * share };
        let mut free = self.bytes().saturating_add(promised) <= self.limit / 2;
        // With retries, the outbox has never more than one packet of ours.
        if let Phase::Joined(Joined { sink, .. }) = &self.phase
            && !self.retries.is_on()
        {
            let pending = sink.pending_bytes();
            let room = pending == 0 || pending.saturating_add(sink.limit() / 2) <= sink.limit();
            self.room_wanted |= !room;
            free &= room && self.unsent.is_empty();
        }
        self.permits += usize::from(free);
        Ok(free)
    }
}
