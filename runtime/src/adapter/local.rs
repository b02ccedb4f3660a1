//! The in-memory adapter: the sockets of this process.

use std::sync::Arc;

use super::{Member, Target, rooms::Rooms};
use crate::{
    engine::{Batch, Outbox, metrics::Gauge},
    protocol::frame::Encoded,
};

/// A member that packets can be queued for.
pub(crate) trait Recipient: Member {
    /// Its connection's outbox.
    fn outbox(&self) -> &Arc<Outbox>;
    /// Whether it is still in the namespace; the connection may live on when it is not.
    fn is_open(&self) -> bool;
}

/// Members, their rooms, and the way into their outboxes.
pub(crate) struct Local<M> {
    pub(crate) rooms: Rooms<M>,
}

impl<M: Recipient> Local<M> {
    #[cfg(any(test, fuzzing))]
    pub(crate) fn new() -> Self {
        Self { rooms: Rooms::new() }
    }

    /// One whose rooms and members are told to these.
    pub(crate) fn counted(rooms: Gauge, members: Gauge) -> Self {
        Self { rooms: Rooms::counted(rooms, members) }
    }

    /// Queues a packet for each member of the target. `each` is told of every member before the packet is queued for it, and of
    /// the outcome after.
    pub(crate) fn broadcast(&self, target: &Target, packet: &Encoded, mut each: impl FnMut(Delivery<'_, M>)) {
        let size = packet.size();
        let mut batch = Batch::default();
        self.rooms.visit(target, |member| {
            if member.is_open() {
                each(Delivery::Before(member));
                // Once more: a close that came before it was told would have told nobody that there is nothing to wait for.
                if !member.is_open()
                    || member.outbox().push_shared(packet, size, target.volatile, &mut batch).is_err()
                {
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use super::{super::Memberships, *};
    use crate::protocol::frame::Frame;

    struct Peer {
        open: AtomicBool,
        memberships: Memberships,
        outbox: Arc<Outbox>,
    }

    impl Member for Peer {
        fn own_room(&self) -> &str {
            "own"
        }
        fn memberships(&self) -> &Memberships {
            &self.memberships
        }
    }

    impl Recipient for Peer {
        fn outbox(&self) -> &Arc<Outbox> {
            &self.outbox
        }
        fn is_open(&self) -> bool {
            self.open.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn who_closes_before_the_packet_is_queued_is_told_as_failed() {
        let local = Local::new();
        let outbox = Arc::new(Outbox::new(100));
        local.rooms.insert(Arc::new(Peer { open: true.into(), memberships: Memberships::default(), outbox }));
        let mut told = Vec::new();
        local.broadcast(&Target::default(), &Encoded::new(Frame::text("x")), |delivery| match delivery {
            // The close found nobody waiting for its answer yet.
            Delivery::Before(peer) => peer.open.store(false, Ordering::SeqCst),
            Delivery::Failed(peer) => told.push(peer.outbox.queued_bytes()),
        });
        assert_eq!(told, [0]);
    }
}
