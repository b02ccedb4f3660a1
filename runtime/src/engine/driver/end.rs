//! The end of a session whose task was cut short.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Driver;
use crate::protocol::close::CloseReason;

impl Driver {
    /// Tells the application, unless it has been told, where it can do no more harm.
    pub(super) fn tell_closed(&mut self, reason: CloseReason) {
        self.outbox.close(reason);
        self.outbox.clear();
        self.registration.metrics.closed(reason);
        if self.grace.is_none() {
            self.grace = Some(self.now);
            let closed = AssertUnwindSafe(|| self.connection.closed(reason));
            if catch_unwind(closed).is_err() {
                tracing::error!(session = ?self.registration.id(), "the application panicked when it was told of a close");
            }
        }
    }
}

impl Drop for Driver {
    /// Aborted, or the runtime ends: what was opened is closed all the same.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.tell_closed(CloseReason::ServerShuttingDown);
        }
    }
}
