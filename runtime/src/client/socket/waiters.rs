//! Who waits for an answer, and what has to be done about them once the lock is free.

use std::{collections::HashSet, time::Instant};

use tokio::sync::oneshot;

use crate::protocol::{
    frame::Encoded,
    socket_io::{acks::AckTable, packet::Payload},
};

/// Why an answer did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Timeout,
    Disconnected,
}

/// What becomes of a wait.
pub(crate) type Answer = Result<Payload, Failure>;

/// Where an answer is delivered. Sending to it, and dropping it, wake a task of the user's: never under the lock.
#[derive(Debug)]
pub(super) struct Waiter(pub(super) oneshot::Sender<Answer>);

/// What is done after the lock has been given back: waking and dropping, which run code of the user's.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Aftermath {
    pub(super) answers: Vec<(Waiter, Answer)>,
    /// Nobody waits for these any more.
    pub(super) waiters: Vec<Waiter>,
    /// Packets hold bytes that may belong to a type of the user's.
    pub(super) packets: Vec<Encoded>,
    /// There may be room for those who wait for it.
    pub(super) room: bool,
    /// Whoever drives the socket has something to do.
    pub(super) wake: bool,
}

impl Aftermath {
    pub(super) fn settle(&mut self, waiter: Option<Waiter>, answer: Answer) {
        self.answers.extend(waiter.map(|waiter| (waiter, answer)));
    }

    /// Answers; what is left is dropped with `self`.
    pub(super) fn deliver(&mut self) {
        for (Waiter(sender), answer) in self.answers.drain(..) {
            // Whoever waited may have given up.
            let _ = sender.send(answer);
        }
    }
}

/// Answers that are waited for, each up to its deadline.
#[derive(Debug)]
pub(super) struct Waiters {
    table: AckTable<(Instant, Waiter)>,
    limit: usize,
}

impl Waiters {
    pub(super) fn new(limit: usize) -> Self {
        Self { table: AckTable::new(limit), limit }
    }

    /// Gives the waiter back if there are too many.
    pub(super) fn insert(&mut self, id: u64, deadline: Instant, waiter: Waiter) -> Result<(), Waiter> {
        self.table.insert(id, deadline, (deadline, waiter)).map_err(|(_, waiter)| waiter)
    }

    pub(super) fn take(&mut self, id: u64) -> Option<Waiter> {
        self.table.take(id).map(|(_, waiter)| waiter)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.table.next_deadline()
    }

    /// Ends the waits that are over; gives their ids.
    pub(super) fn expire(&mut self, now: Instant, after: &mut Aftermath) -> HashSet<u64> {
        let mut ids = HashSet::new();
        self.table.expire(now, |id, (_, waiter)| {
            ids.insert(id);
            after.settle(Some(waiter), Err(Failure::Timeout));
        });
        ids
    }

    /// Ends the waits for answers that cannot come any more, the oldest first: all but those for `staying`, which have not been sent.
    pub(super) fn disconnect(&mut self, staying: &HashSet<u64>, after: &mut Aftermath) {
        let table = std::mem::replace(&mut self.table, AckTable::new(self.limit)).drain();
        for (id, (deadline, waiter)) in table {
            let lost = match staying.contains(&id) {
                true => self.insert(id, deadline, waiter).err(),
                false => Some(waiter),
            };
            after.settle(lost, Err(Failure::Disconnected));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}
