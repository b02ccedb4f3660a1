//! The outbox of a session: the one place where the order of what a peer receives is decided.
//!
//! Emits push synchronously, from any thread; the session's transport drains. It is bounded in bytes. No user code runs under
//! its lock. It knows nothing of transports but whether the current one can take more.

use std::{collections::VecDeque, error::Error, fmt, sync::atomic::Ordering, task::Waker};

use tokio::sync::Notify;

use super::{
    TransportKind,
    sync::{AtomicBool, AtomicUsize, AtomicWaker, Mutex},
};
use crate::protocol::{
    close::CloseReason,
    frame::{Encoded, Frame},
};

/// Why a packet was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// The session is closed or closing.
    Closed,
    /// A volatile packet, and the transport cannot take it now.
    Dropped,
    /// The outbox is full.
    Full,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the session is closed",
            Self::Dropped => "the transport is busy, and the packet was volatile",
            Self::Full => "the outbox is full",
        })
    }
}

impl Error for PushError {}

/// What to do with a packet for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Close the peer: it reads too slowly.
    Close,
    /// Tell the caller and leave the peer alone.
    Refuse,
    /// Take it all the same: room was promised by a [`Permit`].
    Take,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Frame>,
    /// Bytes of `frames`.
    bytes: usize,
    closing: Option<CloseReason>,
    /// One of `frames` is worth compressing.
    compress: bool,
}

/// Frames that wait for one peer, at most [`Config::outbox_limit`](super::Config::outbox_limit) bytes of them.
///
/// When it is full, volatile packets are dropped, and any other packet closes the session with
/// [`CloseReason::Overflow`]: the peer reads too slowly. An empty outbox takes a packet of any size. Who has much to send asks for room first, with [`reserve`](Self::reserve).
pub struct Outbox {
    queue: Mutex<Queue>,
    /// The session's task.
    task: AtomicWaker,
    /// Those who wait for room.
    room: Notify,
    /// Whether volatile packets are worth queueing: the last write did not block, or a GET is pending.
    writable: AtomicBool,
    /// Whether the session is on WebSocket now.
    websocket: AtomicBool,
    limit: usize,
    /// Bytes of `Queue::bytes`, readable without the lock.
    queued: AtomicUsize,
    /// Whether `Queue::closing` is set, readable without the lock.
    closed: AtomicBool,
    /// [`Outbox::wake`] was called. The task need not have been registered then: the caller may run within it.
    nudged: AtomicBool,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            queue: Mutex::default(),
            task: AtomicWaker::new(),
            room: Notify::new(),
            writable: AtomicBool::new(true),
            websocket: AtomicBool::new(false),
            limit,
            queued: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            nudged: AtomicBool::new(false),
        }
    }

    /// Queues a packet.
    ///
    /// # Errors
    ///
    /// [`PushError::Closed`] after a close; [`PushError::Dropped`] for a volatile packet that the transport cannot take now;
    /// [`PushError::Full`] past the limit, and then the session is closed.
    pub fn push(&self, packet: &Encoded, volatile: bool) -> Result<(), PushError> {
        self.push_with(packet, volatile, Overflow::Close)
    }

    pub(crate) fn push_with(
        &self,
        packet: &Encoded,
        volatile: bool,
        overflow: Overflow,
    ) -> Result<(), PushError> {
        if volatile && !self.writable.load(Ordering::Acquire) {
            return Err(PushError::Dropped);
        }
        let size = packet.size();
        let was_empty = {
            let mut queue = self.queue.lock();
            if queue.closing.is_some() {
                return Err(PushError::Closed);
            }
            // One packet always fits: a message may be larger than what may pile up.
            if queue.bytes > 0 && queue.bytes + size > self.limit && overflow != Overflow::Take {
                if volatile {
                    return Err(PushError::Dropped);
                }
                if overflow == Overflow::Close {
                    queue.closing = Some(CloseReason::Overflow);
                    self.closed.store(true, Ordering::Release);
                    drop(queue);
                    self.task.wake();
                    self.room.notify_waiters();
                }
                return Err(PushError::Full);
            }
            let was_empty = queue.frames.is_empty();
            queue.frames.extend(packet.frames());
            queue.compress |= packet.compress;
            queue.bytes += size;
            self.queued.store(queue.bytes, Ordering::Relaxed);
            was_empty
        };
        if was_empty {
            self.task.wake();
        }
        Ok(())
    }

    /// Asks the session to end for this reason. The first reason stays.
    pub fn close(&self, reason: CloseReason) {
        {
            let mut queue = self.queue.lock();
            if queue.closing.is_some() {
                return;
            }
            queue.closing = Some(reason);
            self.closed.store(true, Ordering::Release);
        }
        self.task.wake();
        self.room.notify_waiters();
    }

    /// Why the session is closing or closed, if it is.
    #[must_use]
    pub fn closing(&self) -> Option<CloseReason> {
        self.queue.lock().closing
    }

    /// Whether the session is closing or closed.
    pub(crate) fn is_closing(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Bytes that wait for the peer.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Waits until at most half of the limit is in use.
    ///
    /// # Errors
    ///
    /// [`PushError::Closed`] once the session is closing.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn reserve(&self) -> Result<Permit<'_>, PushError> {
        loop {
            let room = self.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            if self.closing().is_some() {
                return Err(PushError::Closed);
            }
            if self.queued_bytes() <= self.limit / 2 {
                return Ok(Permit { outbox: self });
            }
            room.await;
        }
    }

    /// Wakes the session's task without queueing anything: there is something else for it to see to. If it runs just now, it looks once more.
    pub(crate) fn wake(&self) {
        self.nudged.store(true, Ordering::Release);
        self.task.wake();
    }

    /// Whether [`wake`](Self::wake) was called since [`take_nudge`](Self::take_nudge).
    pub(crate) fn is_nudged(&self) -> bool {
        self.nudged.load(Ordering::Acquire)
    }

    /// The task is about to look at everything that it may have been woken for.
    pub(crate) fn take_nudge(&self) {
        if self.is_nudged() {
            self.nudged.swap(false, Ordering::AcqRel);
        }
    }

    /// Registers the session's task, to be woken when something is queued or the session is to close. Whether it may sleep: not if
    /// it has missed any of that, while nobody was registered to be told. `writable` says whether it could write what is queued,
    /// `open` whether it would mind a close.
    #[must_use]
    pub(crate) fn register(&self, waker: &Waker, writable: bool, open: bool) -> bool {
        self.task.register(waker);
        !(self.is_nudged() || (writable && !self.is_empty()) || (open && self.is_closing()))
    }

    /// The session's task is awake: what it queues itself need not wake it again.
    pub(crate) fn unregister(&self) {
        drop(self.task.take());
    }

    /// Tells whether the transport can take more; see [`PushError::Dropped`].
    pub(crate) fn set_writable(&self, writable: bool) {
        self.writable.store(writable, Ordering::Release);
    }

    /// Tells which transport the session is on.
    pub(crate) fn set_transport(&self, transport: TransportKind) {
        self.websocket.store(transport == TransportKind::WebSocket, Ordering::Relaxed);
    }

    /// The transport the session is on.
    pub(crate) fn transport(&self) -> TransportKind {
        if self.websocket.load(Ordering::Relaxed) { TransportKind::WebSocket } else { TransportKind::Polling }
    }

    /// Whether frames wait.
    pub(crate) fn is_empty(&self) -> bool {
        self.queued_bytes() == 0
    }

    /// Whether something that waits is worth compressing. Asked before all of it is taken.
    pub(crate) fn wants_compression(&self) -> bool {
        std::mem::take(&mut self.queue.lock().compress)
    }

    /// Takes frames from the front, at least one if there is one, until `max_bytes` of them or `max_frames` are taken.
    pub(crate) fn take(&self, into: &mut impl Extend<Frame>, max_frames: usize, max_bytes: usize) {
        let below = {
            let mut queue = self.queue.lock();
            let before = queue.bytes;
            let mut bytes = 0;
            let mut count = 0;
            while count < max_frames {
                let Some(size) = queue.frames.front().map(Frame::size) else { break };
                if count > 0 && bytes + size > max_bytes {
                    break;
                }
                bytes += size;
                count += 1;
                into.extend(queue.frames.pop_front());
            }
            queue.bytes -= bytes;
            if queue.frames.is_empty() {
                // An idle connection keeps no buffer.
                queue.frames = VecDeque::new();
            }
            self.queued.store(queue.bytes, Ordering::Relaxed);
            before > self.limit / 2 && queue.bytes <= self.limit / 2
        };
        if below {
            self.room.notify_waiters();
        }
    }

    /// Drops everything that waits: the transport is gone.
    pub(crate) fn clear(&self) {
        let frames = {
            let mut queue = self.queue.lock();
            queue.bytes = 0;
            self.queued.store(0, Ordering::Relaxed);
            std::mem::take(&mut queue.frames)
        };
        drop(frames);
        self.room.notify_waiters();
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("queued_bytes", &self.queued_bytes())
            .field("closing", &self.closing())
            .finish_non_exhaustive()
    }
}

/// Room for one packet, promised by [`Outbox::reserve`].
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
        self.outbox.push_with(packet, false, Overflow::Take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(len: usize) -> Encoded {
        Encoded::new(Frame::text(&"x".repeat(len)))
    }

    #[test]
    fn past_the_limit_the_session_is_closed_and_nothing_more_is_taken() {
        let outbox = Outbox::new(100);
        assert_eq!(outbox.push(&packet(60), false), Ok(()));
        assert_eq!(outbox.push(&packet(60), false), Err(PushError::Full));
        assert_eq!(outbox.closing(), Some(CloseReason::Overflow));
        assert_eq!(outbox.push(&packet(1), false), Err(PushError::Closed));
    }

    #[test]
    fn volatile_packets_are_dropped_first() {
        let outbox = Outbox::new(100);
        assert_eq!(outbox.push(&packet(60), false), Ok(()));
        assert_eq!(outbox.push(&packet(60), true), Err(PushError::Dropped));
        outbox.set_writable(false);
        assert_eq!(outbox.push(&packet(1), true), Err(PushError::Dropped));
        assert_eq!(outbox.closing(), None);
    }

    #[test]
    fn one_packet_of_any_size_fits_an_empty_outbox() {
        let outbox = Outbox::new(100);
        assert_eq!(outbox.push(&packet(1000), false), Ok(()));
    }

    #[test]
    fn frames_come_out_in_order_and_are_accounted() {
        let outbox = Outbox::new(1000);
        for text in ["a", "b", "c"] {
            outbox.push(&Encoded::new(Frame::text(text)), false).unwrap();
        }
        let mut taken = Vec::new();
        outbox.take(&mut taken, 2, 1000);
        outbox.take(&mut taken, 2, 1000);
        assert_eq!(taken, ["a", "b", "c"].map(Frame::text));
        assert_eq!(outbox.queued_bytes(), 0);
    }

    #[tokio::test]
    async fn a_reservation_waits_for_room_and_ends_with_the_session() {
        let outbox = std::sync::Arc::new(Outbox::new(100));
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
}
