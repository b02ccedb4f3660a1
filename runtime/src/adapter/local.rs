//! The in-memory adapter: the sockets of this process.

use super::{Member, Target, rooms::Rooms};
use crate::{engine::Outbox, protocol::frame::Encoded};

/// A member that packets can be queued for.
pub(crate) trait Recipient: Member {
    /// Its connection's outbox.
    fn outbox(&self) -> &Outbox;
    /// Whether it is still in the namespace; the connection may live on when it is not.
    fn is_open(&self) -> bool;
}

/// Members, their rooms, and the way into their outboxes.
pub(crate) struct Local<M> {
    pub(crate) rooms: Rooms<M>,
}

impl<M: Recipient> Local<M> {
    pub(crate) fn new() -> Self {
        Self { rooms: Rooms::new() }
    }

    /// Queues a packet for each member of the target. `each` is told of every member before the packet is queued for it, and of
    /// the outcome after.
    pub(crate) fn broadcast(&self, target: &Target, packet: &Encoded, mut each: impl FnMut(Delivery<'_, M>)) {
        self.rooms.visit(target, |member| {
            if member.is_open() {
                each(Delivery::Before(member));
                if member.outbox().push(packet, target.volatile).is_err() {
                    each(Delivery::Failed(member));
                }
            }
        });
    }
}

/// What [`Local::broadcast`] tells about a member.
pub(crate) enum Delivery<'a, M> {
    /// The packet is about to be queued.
    Before(&'a M),
    /// It was not.
    Failed(&'a M),
}
