//! Room that is promised before there is a packet for it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Mutex, Notify};

use super::{Outbox, PushError, WhenFull};
use crate::protocol::frame::Encoded;

/// Which part of the limit a promise counts for until its packet is there.
const SHARE: usize = 8;

/// Those who wait for room.
#[derive(Default)]
pub(super) struct Room {
    /// Who is next.
    turn: Mutex<()>,
    /// Tells that one that there may be some.
    told: Notify,
}

impl Outbox {
    /// Waits until at most half of the limit is in use. Those who wait are served in the order in which they came. A permit counts for an
    /// eighth of the limit until it is used or dropped, so that at most four are out at a time, however many wait, and each may pass the
    /// limit by no more than its own packet: what waits for a peer is never more than the limit and four packets.
    ///
    /// # Errors
    ///
    /// [`PushError::Closed`] once the session is closing.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped but the place in the queue.
    pub async fn reserve(&self) -> Result<Permit<'_>, PushError> {
        self.promise().await.map(|()| Permit { outbox: self })
    }

    /// As [`reserve`](Self::reserve), for whoever cannot borrow.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "called by the server"))]
    pub(crate) async fn reserve_owned(self: Arc<Self>) -> Result<Reservation, PushError> {
        self.promise().await?;
        Ok(Reservation { outbox: self, unused: AtomicBool::new(true) })
    }

    async fn promise(&self) -> Result<(), PushError> {
        // Only the first in the queue looks for room.
        let Room { turn, told } = &**self.room.get_or_init(Box::default);
        let _turn = turn.lock().await;
        loop {
            let room = told.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            {
                let mut queue = self.queue.lock();
                if queue.closing.is_some() {
                    return Err(PushError::Closed);
                }
                let share = (self.limit / SHARE).max(1);
                let promised = if queue.permits == 0 { 0 } else { (queue.permits + 1) * share };
                if queue.bytes.saturating_add(promised) <= self.limit / 2 {
                    queue.permits += 1;
                    return Ok(());
                }
                queue.wanted = true;
            }
            room.await;
        }
    }

    /// There may be room now. Who begins to wait looks for room after this has something to tell.
    pub(super) fn tell_room(&self) {
        if let Some(room) = self.room.get() {
            room.told.notify_waiters();
        }
    }

    fn give_back(&self) {
        self.queue.lock().permits -= 1;
        self.tell_room();
    }
}

/// Room for one packet, promised by [`Outbox::reserve`]. Dropping it gives the room up.
#[derive(Debug)]
#[must_use]
pub struct Permit<'a> {
    outbox: &'a Outbox,
}

impl Permit<'_> {
    /// Queues the packet the room was for.
    ///
    /// # Errors
    ///
    /// [`PushError::Closed`] if the session has begun to close meanwhile.
    pub fn push(self, packet: &Encoded) -> Result<(), PushError> {
        self.outbox.push_with(packet.clone(), false, WhenFull::Take)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.outbox.give_back();
    }
}

/// Room for one packet, whose owner says when it is used.
#[derive(Debug)]
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "made for the server"))]
pub(crate) struct Reservation {
    outbox: Arc<Outbox>,
    unused: AtomicBool,
}

#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "called by the server"))]
impl Reservation {
    /// Whether it was not used before. The room itself is given back when the reservation is dropped.
    pub(crate) fn take(&self) -> bool {
        self.unused.swap(false, Ordering::AcqRel)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.outbox.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{close::CloseReason, frame::Frame};

    fn packet(len: usize) -> Encoded {
        Encoded::new(Frame::text(&"x".repeat(len)))
    }

    #[tokio::test]
    async fn a_reservation_waits_for_room_and_ends_with_the_session() {
        let outbox = Arc::new(Outbox::new(100));
        outbox.push(&packet(80), false).unwrap();
        let waiting = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.reserve().await.map(|permit| permit.push(&packet(500))) }
        });
        tokio::task::yield_now().await;
        outbox.take(&mut Vec::new(), 10, 1000);
        assert_eq!(waiting.await.unwrap(), Ok(Ok(())));
        let waiting = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.reserve().await.map(drop) }
        });
        tokio::task::yield_now().await;
        outbox.close(CloseReason::TransportClose);
        assert_eq!(waiting.await.unwrap(), Err(PushError::Closed));
    }

    #[tokio::test]
    async fn permits_count_until_they_are_used_or_dropped() {
        let outbox = Outbox::new(800);
        let mut permits = Vec::new();
        while let Some(permit) = futures_util::FutureExt::now_or_never(outbox.reserve()) {
            permits.push(permit.unwrap());
        }
        assert_eq!(permits.len(), 4);
        // What is pushed without one finds no more room than ever.
        for len in [700, 200] {
            let _ = outbox.push_with(packet(len), false, WhenFull::Refuse);
        }
        for permit in permits.drain(..) {
            permit.push(&packet(1000)).unwrap();
        }
        // The limit, and the four packets that had been promised room.
        assert!(outbox.queued_bytes() <= 800 + 4 * 1001, "{}", outbox.queued_bytes());
        assert!(futures_util::FutureExt::now_or_never(outbox.reserve()).is_none_or(|permit| permit.is_err()));
        outbox.take(&mut Vec::new(), 10, 10_000);
        drop(outbox.reserve().await.unwrap());
        assert_eq!(outbox.queue.lock().permits, 0);
    }

    #[tokio::test]
    async fn those_who_wait_are_served_in_order_and_may_go_away() {
        let outbox = Arc::new(Outbox::new(800));
        outbox.push(&packet(700), false).unwrap();
        let (sender, mut served) = tokio::sync::mpsc::unbounded_channel();
        let mut tasks = Vec::new();
        for i in 0..20 {
            let (outbox, sender) = (outbox.clone(), sender.clone());
            tasks.push(tokio::spawn(async move {
                let permit = outbox.reserve().await.unwrap();
                sender.send(i).unwrap();
                tokio::task::yield_now().await;
                permit.push(&packet(300)).unwrap();
            }));
            tokio::task::yield_now().await;
        }
        for gone in [0, 7] {
            tasks[gone].abort();
        }
        let mut order = Vec::new();
        while order.len() < 18 {
            assert!(outbox.queued_bytes() <= 400 + 4 * 301, "{}", outbox.queued_bytes());
            outbox.take(&mut Vec::new(), 1, 10_000);
            tokio::task::yield_now().await;
            while let Ok(i) = served.try_recv() {
                order.push(i);
            }
        }
        assert_eq!(order, (0..20).filter(|i| ![0, 7].contains(i)).collect::<Vec<_>>());
    }
}
