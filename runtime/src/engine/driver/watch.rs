//! What a session's task waits for beside its transport: deadlines, and peers that go without a word.

use std::{
    future::Future,
    task::{Context, Poll},
};

use tokio::time::Instant;

use super::{Driver, Transport};
use crate::{engine::io::Presence, protocol::close::CloseReason};

/// Since when the peer takes nothing.
pub(super) struct Stall {
    /// What had been written by then.
    pub(super) written: u64,
    /// When it is given up. Pongs do not help it: they answer pings that it has not read.
    pub(super) until: Instant,
}

impl Driver {
    /// Whether the peer has gone while it is not read. Its pongs will not come any more, so that its deadline need not wait for us: until
    /// then what it sent before may still be handled. One whose connection was reset has taken that back, and is closed at once.
    pub(super) fn is_gone(&mut self) -> bool {
        let presence = match &mut self.transport {
            Transport::WebSocket(reader) => reader.presence(),
            Transport::Polling(polling) => polling.presence(),
            Transport::Farewell(_) | Transport::Gone => Presence::There,
        };
        self.look_at = match presence {
            Presence::There => self.now.checked_add(self.config.ping_timeout),
            Presence::Left | Presence::Reset => None,
        };
        if presence == Presence::Reset {
            self.close_code = None;
            self.session.fail(CloseReason::TransportClose);
            self.handle_events();
        }
        presence != Presence::There
    }

    /// `Ready` when something is due.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let session = self.session.poll_timeout().map(Instant::from_std);
        let grace = if self.finished { None } else { self.grace };
        let stall = self.stall.as_ref().map(|stall| stall.until);
        let own = [grace, stall, self.look_at].into_iter().flatten();
        let Some(next) = session.into_iter().chain(own).min() else { return Poll::Pending };
        // A deadline that has moved back is found out when the timer fires: no work for each pong.
        if next < self.timer.deadline() || self.timer.is_elapsed() {
            self.timer.as_mut().reset(next);
        } else if self.armed {
            // It will wake this task, whose waker never changes.
            return Poll::Pending;
        }
        let due = self.timer.as_mut().poll(cx);
        self.armed = due.is_pending();
        due
    }
}
