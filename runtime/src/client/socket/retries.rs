//! Packets that are sent until they are answered: JavaScript's `retries`. One is under way at a time, so that their order is kept.
//!
//! A packet keeps its ack id through all tries, which makes an answer to any of them the answer. Only time-outs count as tries: a
//! packet whose connection ended is sent again on the next one. JavaScript counts both, and gives up packets of a client that was merely away.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    time::{Duration, Instant},
};

use super::{
    offline::cost,
    waiters::{Aftermath, Failure, Waiter},
};
use crate::protocol::{frame::Encoded, socket_io::packet::Payload};

/// A packet that waits for its turn, or for its answer.
#[derive(Debug)]
struct Entry {
    packet: Encoded,
    id: u64,
    timeout: Duration,
    /// How often no answer has come in time.
    timeouts: u32,
}

/// The queue.
#[derive(Debug)]
pub(super) struct RetryQueue {
    retries: u32,
    entries: VecDeque<Entry>,
    /// Those of the entries whose user waits.
    waiters: HashMap<u64, Waiter>,
    bytes: usize,
    /// Until when the answer to the first entry is waited for; `None` if it has to be sent.
    deadline: Option<Instant>,
}

impl RetryQueue {
    pub(super) fn new(retries: u32) -> Self {
        Self { retries, entries: VecDeque::new(), waiters: HashMap::new(), bytes: 0, deadline: None }
    }

    pub(super) fn is_on(&self) -> bool {
        self.retries > 0
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(super) fn push(&mut self, packet: Encoded, id: u64, timeout: Duration, waiter: Option<Waiter>) {
        self.bytes += cost(&packet);
        self.waiters.extend(waiter.map(|waiter| (id, waiter)));
        self.entries.push_back(Entry { packet, id, timeout, timeouts: 0 });
    }

    /// The packet that has to be sent now, if there is a connection.
    pub(super) fn due(&self) -> Option<&Encoded> {
        match self.deadline {
            None => self.entries.front().map(|entry| &entry.packet),
            Some(_) => None,
        }
    }

    /// It was sent.
    pub(super) fn sent(&mut self, now: Instant) {
        self.deadline = self.entries.front().map(|entry| now + entry.timeout);
    }

    /// An answer came; gives it back if it is not to the first packet.
    pub(super) fn answered(&mut self, id: u64, payload: Payload, after: &mut Aftermath) -> Option<Payload> {
        if self.entries.front().is_none_or(|entry| entry.id != id) {
            return Some(payload);
        }
        let waiter = self.pop(after);
        after.settle(waiter, Ok(payload));
        None
    }

    /// Ends a try whose time is over. Gives whether the packet is given up.
    pub(super) fn expire(&mut self, now: Instant, after: &mut Aftermath) -> bool {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return false;
        }
        self.deadline = None;
        let retries = self.retries;
        let given_up = self.entries.front_mut().is_some_and(|entry| {
            entry.timeouts += 1;
            entry.timeouts > retries
        });
        if given_up {
            let waiter = self.pop(after);
            after.settle(waiter, Err(Failure::Timeout));
        }
        given_up
    }

    /// The connection ended: what was under way is sent again.
    pub(super) fn disconnect(&mut self) {
        self.deadline = None;
    }

    /// Who waited does no more; the packet is sent all the same.
    pub(super) fn forget(&mut self, id: u64) -> Option<Waiter> {
        self.waiters.remove(&id)
    }

    fn pop(&mut self, after: &mut Aftermath) -> Option<Waiter> {
        self.deadline = None;
        let entry = self.entries.pop_front()?;
        self.bytes -= cost(&entry.packet);
        after.packets.push(entry.packet);
        let waiter = self.waiters.remove(&entry.id);
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
            self.waiters = HashMap::new();
        }
        waiter
    }

    /// Takes out all; gives for how many nobody waited.
    pub(super) fn clear(&mut self, after: &mut Aftermath) -> usize {
        self.deadline = None;
        self.bytes = 0;
        let mut waiters = mem::take(&mut self.waiters);
        let mut plain = 0;
        for entry in mem::take(&mut self.entries) {
            let waiter = waiters.remove(&entry.id);
            plain += usize::from(waiter.is_none());
            after.settle(waiter, Err(Failure::Disconnected));
            after.packets.push(entry.packet);
        }
        plain
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiters.len()
    }
}
