//! Waiting until there is room for a packet: in the buffer of a client that is offline, in the outbox of one that is not.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Mutex, Notify};

use super::SocketShared;
use crate::event::EmitError;

/// Those who wait for room.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// Who is next.
    turn: Mutex<()>,
    /// Tells that one that there may be some.
    told: Notify,
}

impl Room {
    /// Who begins to wait looks for room after this has something to tell.
    pub(super) fn tell(&self) {
        self.told.notify_waiters();
    }
}

impl SocketShared {
    /// Waits for room. Those who wait are served in the order in which they came. What is emitted with the reservation is taken whatever its
    /// size; at most four are out at a time, so that the limit is passed by four packets at most.
    ///
    /// # Errors
    ///
    /// [`EmitError::Closed`] once the socket is closed.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped but the place in the queue.
    pub(crate) async fn reserve(self: Arc<Self>) -> Result<Reservation, EmitError> {
        {
            // Only the first in the queue looks for room.
            let _turn = self.room.turn.lock().await;
            loop {
                let told = self.room.told.notified();
                tokio::pin!(told);
                told.as_mut().enable();
                if self.promise()? {
                    break;
                }
                told.await;
            }
        }
        Ok(Reservation { socket: self, unused: AtomicBool::new(true) })
    }
}

/// Room for one packet, whose owner says when it is used. Dropping it gives the room up.
#[derive(Debug)]
pub(crate) struct Reservation {
    socket: Arc<SocketShared>,
    unused: AtomicBool,
}

impl Reservation {
    /// Whether it was not used before. The room itself is given back when the reservation is dropped.
    pub(crate) fn take(&self) -> bool {
        self.unused.swap(false, Ordering::AcqRel)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.socket.give_back();
    }
}
