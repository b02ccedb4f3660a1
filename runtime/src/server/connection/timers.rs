//! What a connection does when a time has come: the first `connected`, the first namespace, answers that are late.

use std::{future::Future, task::Context, time::Duration};

use tokio::time::Instant;

use super::{super::ack::Failure, Connection};
use crate::protocol::close::CloseReason;

/// Between the CONNECT packet and `connected`. Written together with the first event, CONNECT would reach many clients in one read
/// with it, and those that begin to listen when they learn that they are connected (the official protocol suite does) would miss
/// the event. JavaScript's server leaves such a gap too: it writes one packet for each turn of its loop. A busy client reads late, so that a
/// millisecond is not always enough.
pub(super) const AFTER_CONNECT: Duration = Duration::from_millis(4);

impl Connection {
    /// Closes a client that joins nothing, and calls `connected` where it is time.
    pub(super) fn begin_due(&mut self, cx: &mut Context<'_>) {
        if let Some(timer) = &mut self.connect_timer
            && timer.as_mut().poll(cx).is_ready()
        {
            self.connect_timer = None;
            tracing::debug!(session = ?self.core.session.id(), "closing a peer that joined no namespace in time");
            self.hub.limits.refusals.late_connects.add();
            self.core.session.close(CloseReason::ForcedServerClose);
        }
        if self.gap.as_mut().is_some_and(|gap| gap.as_mut().poll(cx).is_ready()) {
            self.gap = None;
            while let Some(entry) = self.entries.iter().find(|entry| entry.socket.is_some() && !entry.begun) {
                let id = entry.id.clone();
                self.begin(&id);
            }
        }
    }

    /// Gives up the answers that are late, and waits for the next to be.
    pub(super) fn expire_acks(&mut self, cx: &mut Context<'_>) {
        if self.closed {
            return;
        }
        let sockets = || self.entries.iter().filter_map(|entry| entry.socket.as_ref());
        loop {
            let Some(next) = sockets().filter_map(|socket| socket.acks.lock().next_deadline()).min() else {
                self.ack_timer = None;
                return;
            };
            let next = Instant::from_std(next);
            let timer = self.ack_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(next)));
            if next < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(next);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return;
            }
            let now = Instant::now().into_std();
            for socket in sockets() {
                let mut late = Vec::new();
                socket.acks.lock().expire(now, |_, waiter| late.push(waiter));
                for waiter in late {
                    waiter.send(Err(Failure::Timeout));
                }
            }
        }
    }
}
