//! Writing without the session's task: what is pushed by broadcasts goes to the kernel from the flusher.
//!
//! Whoever holds the wire takes frames from the queue and writes them, so that they leave in order. Lock order: the wire, then the queue.

use super::{Attention, Outbox};
use crate::engine::{sync::MutexGuard, transport::wire::Wire};

/// Frames, and about how many bytes of them, handed to the kernel at a time.
pub(crate) const MAX_FRAMES: usize = 64;
pub(crate) const MAX_BYTES: usize = 256 * 1024;

impl Outbox {
    /// The session is on WebSocket now: this is where it writes to.
    pub(crate) fn set_wire(&self, wire: Box<Wire>) {
        *self.wire.lock() = Some(wire);
    }

    /// The session is at its end: nobody else writes any more.
    pub(crate) fn take_wire(&self) -> Option<Box<Wire>> {
        self.wire.lock().take()
    }

    /// Where the session writes to, if it is on WebSocket. Nobody else writes meanwhile.
    pub(crate) fn wire(&self) -> MutexGuard<'_, Option<Box<Wire>>> {
        self.wire.lock()
    }

    /// Writes what waits, as far as the kernel takes it at once. The rest is for the session's task, which is woken.
    pub(crate) fn flush(&self) {
        let written = self.wire.lock().as_mut().is_some_and(|wire| wire.is_direct() && self.write(wire));
        if !written {
            self.task.wake();
        }
    }

    /// Whether nothing is left.
    fn write(&self, wire: &mut Wire) -> bool {
        // What was left over is in order before what waits.
        if !wire.out.is_empty() && !matches!(wire.try_flush(), Ok(true)) {
            return false;
        }
        while !self.is_empty() {
            // If that is all, who pushes from here on tells somebody again, who then waits for the wire.
            self.take_and(&mut wire.out, MAX_FRAMES, MAX_BYTES, |queue| {
                if queue.bytes == 0 && queue.task == Attention::Told {
                    queue.task = Attention::Asleep;
                }
            });
            if !matches!(wire.try_flush(), Ok(true)) {
                return false;
            }
        }
        true
    }
}
