//! What wakes a session's task: something to send, room for what comes in, or the wish to close.

use std::task::Waker;

use futures_util::task::AtomicWaker;

/// The waker of one session's task.
#[derive(Debug, Default)]
pub(super) struct Wake(AtomicWaker);

impl Wake {
    pub(super) fn wake(&self) {
        self.0.wake();
    }

    /// Called by the task, before it looks for what there is to do.
    pub(super) fn register(&self, waker: &Waker) {
        self.0.register(waker);
    }
}
