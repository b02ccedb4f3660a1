//! The outbox of a session: the one place where the order of what a peer receives is decided.
//!
//! Emits push synchronously, from any thread; the session's task drains, or for broadcasts a [`Flusher`]. It is bounded in bytes. No user
//! code runs under its lock. It knows nothing of transports but whether the current one can take more.

mod attention;
mod direct;
mod permit;

use std::{
    error::Error,
    fmt,
    sync::{Arc, OnceLock, atomic::Ordering},
    task::Waker,
};

use attention::Attention;
pub(crate) use direct::{MAX_BYTES, MAX_FRAMES};
pub use permit::Permit;
#[cfg(feature = "server")]
pub(crate) use permit::Reservation;
use permit::Room;

use super::{
    TransportKind,
    flusher::{Batch, Flusher},
    line::Line,
    metrics::OutboxMetrics,
    sync::{AtomicBool, AtomicU64, AtomicUsize, AtomicWaker, Mutex, MutexGuard},
    transport::wire::Wire,
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

/// What becomes of a packet for which the outbox has no room. Whatever it is, volatile packets are dropped, and
/// [`Outbox::reserve`] waits for room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// The peer is closed: it reads too slowly. Nothing that was emitted to a socket that is open is missing in between.
    #[default]
    Close,
    /// The packet is dropped and counted, and the peer stays: for those who send what is soon out of date. A client cannot see what it has
    /// missed. Acknowledgements, and what joins and leaves namespaces, close the peer all the same.
    DropNewest,
}

/// What to do with one packet for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// As [`Overflow`] says.
    Policy,
    /// Close the peer: it reads too slowly.
    Close,
    /// Tell the caller and leave the peer alone.
    Refuse,
    /// Take it all the same: room was promised by a [`Permit`].
    Take,
}

#[derive(Debug, Default)]
struct Queue {
    frames: Line<Frame>,
    /// Bytes of `frames`.
    bytes: usize,
    closing: Option<CloseReason>,
    /// One of `frames` is worth compressing.
    compress: bool,
    /// Promises of room that are out.
    permits: usize,
    /// Somebody waits for room.
    wanted: bool,
    task: Attention,
}

/// Frames that wait for one peer, at most [`Config::outbox_limit`](super::Config::outbox_limit) bytes of them.
///
/// When it is full, volatile packets are dropped, and any other packet closes the session with
/// [`CloseReason::Overflow`]: the peer reads too slowly; [`Overflow`] says otherwise where that is wanted. An empty outbox takes a packet of any size. Who has much to send asks for room first, with [`reserve`](Self::reserve).
pub struct Outbox {
    queue: Mutex<Queue>,
    /// The session's task.
    task: AtomicWaker,
    /// Made for the first who waits for room.
    room: OnceLock<Box<Room>>,
    /// Whether volatile packets are worth queueing: the last write did not block, or a GET is pending.
    writable: AtomicBool,
    /// Whether the session is on WebSocket now.
    websocket: AtomicBool,
    limit: usize,
    overflow: Overflow,
    /// Packets that were dropped.
    dropped: AtomicU64,
    /// The server goes down: what waits for the peer to come is not waited for.
    hurried: AtomicBool,
    /// Bytes of `Queue::bytes`, readable without the lock.
    queued: AtomicUsize,
    /// Whether `Queue::closing` is set, readable without the lock.
    closed: AtomicBool,
    /// [`Outbox::wake`] was called. The task need not have been registered then: the caller may run within it.
    nudged: AtomicBool,
    metrics: OutboxMetrics,
    /// Where the session's task writes to, and others may, while it is on WebSocket.
    wire: Mutex<Option<Box<Wire>>>,
    flusher: Option<Arc<Flusher>>,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            queue: Mutex::default(),
            task: AtomicWaker::new(),
            room: OnceLock::new(),
            writable: AtomicBool::new(true),
            websocket: AtomicBool::new(false),
            limit,
            overflow: Overflow::default(),
            dropped: AtomicU64::new(0),
            hurried: AtomicBool::new(false),
            queued: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            nudged: AtomicBool::new(false),
            metrics: OutboxMetrics::default(),
            wire: Mutex::default(),
            flusher: None,
        }
    }

    #[cfg(all(test, shuttle, feature = "metrics"))]
    pub(crate) fn metrics(&self) -> &OutboxMetrics {
        &self.metrics
    }

    /// What it does when it is full.
    pub(crate) fn with_overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Broadcasts to it are written by this one.
    pub(crate) fn with_flusher(mut self, flusher: Arc<Flusher>) -> Self {
        self.flusher = Some(flusher);
        self
    }

    pub(crate) fn with_metrics(mut self, metrics: OutboxMetrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Queues a packet.
    ///
    /// # Errors
    ///
    /// [`PushError::Closed`] after a close; [`PushError::Dropped`] for a volatile packet that the transport cannot take now;
    /// [`PushError::Full`] past the limit, and then the session is closed, unless [`Overflow`]
    /// says otherwise.
    pub fn push(&self, packet: &Encoded, volatile: bool) -> Result<(), PushError> {
        self.push_with(packet.clone(), volatile, WhenFull::Policy)
    }

    pub(crate) fn push_with(
        &self,
        packet: Encoded,
        volatile: bool,
        when_full: WhenFull,
    ) -> Result<(), PushError> {
        let (size, compress) = (packet.size(), packet.compress);
        let fill = |frames: &mut Line<Frame>| {
            frames.push(packet.head);
            let attachments = packet.attachments.as_deref().unwrap_or_default();
            attachments.iter().for_each(|data| frames.push(Frame::Binary(data.clone())));
        };
        if self.enqueue(size, compress, volatile, when_full, fill)? {
            self.task.wake();
        }
        Ok(())
    }

    /// As [`push`](Self::push), for one of many, in which the packet counts for `size` bytes. The session's task is not woken for it: when all
    /// have it, a flusher writes it.
    pub(crate) fn push_shared(
        self: &Arc<Self>,
        packet: &Encoded,
        size: usize,
        volatile: bool,
        batch: &mut Batch,
    ) -> Result<(), PushError> {
        let fill = |frames: &mut Line<Frame>| packet.frames().for_each(|frame| frames.push(frame));
        if self.enqueue(size, packet.compress, volatile, WhenFull::Policy, fill)? {
            match &self.flusher {
                Some(flusher) => batch.add(flusher, self),
                None => self.task.wake(),
            }
        }
        Ok(())
    }

    /// Queues what `fill` gives, of `size` bytes. Whether somebody is to be told.
    fn enqueue(
        &self,
        size: usize,
        compress: bool,
        volatile: bool,
        when_full: WhenFull,
        fill: impl FnOnce(&mut Line<Frame>),
    ) -> Result<bool, PushError> {
        if volatile && !self.writable.load(Ordering::Acquire) {
            self.count_dropped(volatile);
            return Err(PushError::Dropped);
        }
        let tell = {
            let mut queue = self.queue.lock();
            if queue.closing.is_some() {
                return Err(PushError::Closed);
            }
            // One packet always fits: a message may be larger than what may pile up.
            if queue.bytes > 0 && queue.bytes + size > self.limit && when_full != WhenFull::Take {
                return Err(self.refuse(queue, volatile, when_full));
            }
            fill(&mut queue.frames);
            queue.compress |= compress;
            queue.bytes += size;
            self.queued.store(queue.bytes, Ordering::Relaxed);
            queue.task.tell()
        };
        self.measure();
        Ok(tell)
    }

    /// There is no room for a packet.
    #[cold]
    fn refuse(&self, mut queue: MutexGuard<'_, Queue>, volatile: bool, when_full: WhenFull) -> PushError {
        let policy = when_full == WhenFull::Policy;
        if volatile || (policy && self.overflow == Overflow::DropNewest) {
            drop(queue);
            self.count_dropped(volatile);
            return if volatile { PushError::Dropped } else { PushError::Full };
        }
        if when_full != WhenFull::Refuse {
            queue.closing = Some(CloseReason::Overflow);
            self.closed.store(true, Ordering::Release);
            drop(queue);
            self.task.wake();
            self.tell_room();
        }
        PushError::Full
    }

    fn count_dropped(&self, volatile: bool) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        self.metrics.dropped(volatile);
    }

    /// Tells of what waits, or does not any more.
    fn measure(&self) {
        let now = || {
            let _queue = self.queue.lock();
            self.stuck()
        };
        self.metrics.waiting(self.stuck(), now);
    }

    /// Bytes that wait and that the transport does not take just now.
    fn stuck(&self) -> usize {
        if self.writable.load(Ordering::Relaxed) { 0 } else { self.queued_bytes() }
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
        self.tell_room();
    }

    /// Asks the session to end now: no request that might never come is waited for, and a close that has begun is cut short.
    pub(crate) fn shut_down(&self) {
        self.hurried.store(true, Ordering::Release);
        self.close(CloseReason::ServerShuttingDown);
        self.wake();
    }

    /// Whether [`shut_down`](Self::shut_down) was called.
    pub(crate) fn is_hurried(&self) -> bool {
        self.hurried.load(Ordering::Acquire)
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

    /// Frames that wait for the peer: one for each packet, and one for each attachment.
    #[must_use]
    pub fn queued_frames(&self) -> usize {
        self.queue.lock().frames.len()
    }

    /// Most bytes that may wait.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Packets that were dropped since the session began: volatile ones that the transport could not take, and those that
    /// [`Overflow::DropNewest`] dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
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
        let mut queue = self.queue.lock();
        let work = writable && queue.bytes > 0;
        // Blocked, it is woken by the stream.
        queue.task = if queue.bytes > 0 { Attention::Awake } else { Attention::Asleep };
        drop(queue);
        !(work || self.is_nudged() || (open && self.is_closing()))
    }

    /// The session's task is awake: what it queues itself need not wake it again.
    pub(crate) fn unregister(&self) {
        self.queue.lock().task = Attention::Awake;
        drop(self.task.take());
    }

    /// Tells whether the transport can take more; see [`PushError::Dropped`].
    pub(crate) fn set_writable(&self, writable: bool) {
        if self.writable.load(Ordering::Relaxed) != writable {
            // For `measure`, all that changes what waits is under the lock.
            let queue = self.queue.lock();
            self.writable.store(writable, Ordering::Release);
            drop(queue);
        }
        self.measure();
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
        self.take_and(into, max_frames, max_bytes, |_| {});
    }

    /// As [`take`](Self::take); `then` is called under the same lock.
    fn take_and(
        &self,
        into: &mut impl Extend<Frame>,
        max_frames: usize,
        max_bytes: usize,
        then: impl FnOnce(&mut Queue),
    ) {
        let (below, bytes) = {
            let mut queue = self.queue.lock();
            let before = queue.bytes;
            let (mut bytes, mut count) = (0, 0);
            while count < max_frames {
                let Some(size) = queue.frames.front().map(Frame::size) else { break };
                if count > 0 && bytes + size > max_bytes {
                    break;
                }
                bytes += size;
                count += 1;
                into.extend(queue.frames.pop());
            }
            queue.bytes -= bytes;
            self.queued.store(queue.bytes, Ordering::Relaxed);
            let below = queue.bytes < before && queue.bytes <= self.limit / 2;
            let wanted = below && std::mem::take(&mut queue.wanted);
            then(&mut queue);
            (wanted, bytes)
        };
        self.metrics.sent(bytes, self.transport());
        self.measure();
        if below {
            self.tell_room();
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
        self.measure();
        self.tell_room();
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

    #[test]
    fn where_it_is_asked_for_what_does_not_fit_is_dropped_and_counted() {
        let outbox = Outbox::new(100).with_overflow(Overflow::DropNewest);
        assert_eq!(outbox.push(&packet(60), false), Ok(()));
        assert_eq!(outbox.push(&packet(60), false), Err(PushError::Full));
        assert_eq!(outbox.push(&packet(60), true), Err(PushError::Dropped));
        assert_eq!((outbox.closing(), outbox.dropped(), outbox.queued_frames()), (None, 2, 1));
        // What the protocol cannot do without closes all the same.
        assert_eq!(outbox.push_with(packet(60), false, WhenFull::Close), Err(PushError::Full));
        assert_eq!(outbox.closing(), Some(CloseReason::Overflow));
    }
}
