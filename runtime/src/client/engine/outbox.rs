//! What waits to be sent on a session: the one place where the order of what the server receives is decided.
//!
//! Bounded in bytes; pushed into from any thread, emptied by the session's task. Knows no transports but whether the current one takes more.

use std::{
    collections::VecDeque,
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::wake::Wake;
use crate::protocol::frame::{Encoded, Frame};

/// Why a packet was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushError {
    /// The session is closed or closing.
    Closed,
    /// There is no room.
    Full,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the session is closed",
            Self::Full => "the outbox is full",
        })
    }
}

impl Error for PushError {}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Frame>,
    /// Bytes of frames that were taken and are not written yet.
    in_flight: usize,
    closed: bool,
}

/// Frames that wait for one session, a bounded number of bytes of them.
///
/// An empty outbox takes a packet of any size: a message longer than the limit can be sent.
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// Bytes of what waits and of what is being written.
    pending: AtomicUsize,
    /// Whether the transport would take a packet now.
    writable: AtomicBool,
    limit: usize,
    room: Notify,
    task: Arc<Wake>,
}

impl Outbox {
    pub(super) fn new(limit: usize, task: Arc<Wake>) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::default(),
            pending: AtomicUsize::new(0),
            writable: AtomicBool::new(true),
            limit,
            room: Notify::new(),
            task,
        })
    }

    /// Queues a packet, all of its frames together. Never waits.
    ///
    /// # Errors
    ///
    /// [`PushError::Full`] if there is no room for it, [`PushError::Closed`] once the session is over or [closing](super::Session::close).
    pub(crate) fn push(&self, packet: &Encoded) -> Result<(), PushError> {
        self.push_within(packet, self.limit)
    }

    /// Queues a packet whatever else waits: for those that come once in a connection's life, CONNECT and DISCONNECT.
    ///
    /// # Errors
    ///
    /// [`PushError::Closed`] once the session is over or [closing](super::Session::close).
    pub(crate) fn push_anyway(&self, packet: &Encoded) -> Result<(), PushError> {
        self.push_within(packet, usize::MAX)
    }

    fn push_within(&self, packet: &Encoded, limit: usize) -> Result<(), PushError> {
        let size = packet.size();
        {
            let mut queue = self.queue.lock();
            if queue.closed {
                return Err(PushError::Closed);
            }
            let pending = self.pending.load(Ordering::Relaxed);
            if !fits(pending, size, limit) {
                return Err(PushError::Full);
            }
            queue.frames.extend(packet.frames());
            self.pending.store(pending + size, Ordering::Relaxed);
        }
        self.task.wake();
        Ok(())
    }

    /// Whether the transport would take a packet at once: what is volatile is worth sending only then. False while a write is blocked, while
    /// a POST is under way, and after the close.
    pub(crate) fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed)
    }

    /// Bytes that are queued or being written.
    pub(crate) fn pending_bytes(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// Waits until a packet of this many bytes ([`Encoded::size`]) would be taken. It is not kept free: somebody else may come first.
    ///
    /// # Errors
    ///
    /// [`PushError::Closed`] once the session is over or closing.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time.
    pub(crate) async fn room(&self, size: usize) -> Result<(), PushError> {
        loop {
            let mut notified = std::pin::pin!(self.room.notified());
            // Before looking: what changes from now on is not missed.
            notified.as_mut().enable();
            if self.queue.lock().closed {
                return Err(PushError::Closed);
            }
            if fits(self.pending_bytes(), size, self.limit) {
                return Ok(());
            }
            notified.await;
        }
    }

    /// Takes the next frame, whose bytes count until [`written`](Self::written).
    pub(super) fn take(&self) -> Option<Frame> {
        self.take_if(|_| true)
    }

    /// As [`take`](Self::take), if the next frame is wanted.
    pub(super) fn take_if(&self, wanted: impl FnOnce(&Frame) -> bool) -> Option<Frame> {
        let mut queue = self.queue.lock();
        let frame = queue.frames.front().filter(|frame| wanted(frame))?.clone();
        queue.frames.pop_front();
        queue.in_flight += frame.size();
        Some(frame)
    }

    /// What was taken has been written: there is room again.
    pub(super) fn written(&self) {
        {
            let mut queue = self.queue.lock();
            if queue.in_flight == 0 {
                return;
            }
            let left = self.pending.load(Ordering::Relaxed) - queue.in_flight;
            queue.in_flight = 0;
            self.pending.store(left, Ordering::Relaxed);
        }
        self.room.notify_waiters();
    }

    pub(super) fn set_writable(&self, writable: bool) {
        self.writable.store(writable, Ordering::Relaxed);
    }

    /// Takes no more packets; those that wait can still be taken.
    pub(super) fn close(&self) {
        self.queue.lock().closed = true;
        self.set_writable(false);
        self.room.notify_waiters();
    }

    /// Takes no more packets, and forgets those that wait.
    pub(super) fn end(&self) {
        self.close();
        let frames = {
            let mut queue = self.queue.lock();
            queue.in_flight = 0;
            self.pending.store(0, Ordering::Relaxed);
            std::mem::take(&mut queue.frames)
        };
        // Outside of the lock: the memory of attachments may be the user's.
        drop(frames);
    }
}

fn fits(pending: usize, size: usize, limit: usize) -> bool {
    pending == 0 || pending.saturating_add(size) <= limit
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("pending", &self.pending_bytes()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::FutureExt;

    use super::*;

    fn outbox(limit: usize) -> Arc<Outbox> {
        Outbox::new(limit, Arc::default())
    }

    #[test]
    fn it_is_bounded_in_bytes_but_takes_one_packet_of_any_size() {
        let outbox = outbox(100);
        let long = Encoded::new(Frame::text(&"x".repeat(1000)));
        assert_eq!(outbox.push(&long), Ok(()));
        let short = Encoded::new(Frame::text("x"));
        assert_eq!(outbox.push(&short), Err(PushError::Full));
        assert!(outbox.take().is_some());
        assert_eq!(outbox.push(&short), Err(PushError::Full), "it is not written yet");
        outbox.written();
        assert_eq!((outbox.pending_bytes(), outbox.push(&short)), (0, Ok(())));
        outbox.end();
        assert_eq!((outbox.push(&short), outbox.pending_bytes()), (Err(PushError::Closed), 0));
    }

    #[test]
    fn the_frames_of_a_packet_stay_together() {
        let outbox = outbox(1000);
        let packet = Encoded {
            head: Frame::text("51-[]"),
            attachments: Some([Bytes::from_static(b"a"), Bytes::from_static(b"b")].into()),
            compress: true,
        };
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..8).for_each(|_| outbox.push(&packet).unwrap()));
            }
        });
        let frames: Vec<_> = std::iter::from_fn(|| outbox.take()).collect();
        assert_eq!(frames.len(), 48);
        for three in frames.chunks(3) {
            assert_eq!(three, packet.frames().collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn room_is_waited_for_and_a_close_ends_the_waiting() {
        let outbox = outbox(20);
        let packet = Encoded::new(Frame::text("0123456789"));
        outbox.push(&packet).unwrap();
        let mut room = std::pin::pin!(outbox.room(packet.size()));
        assert_eq!(room.as_mut().now_or_never(), None);
        outbox.take().unwrap();
        assert_eq!(room.as_mut().now_or_never(), None);
        outbox.written();
        assert_eq!(room.await, Ok(()));
        outbox.push(&packet).unwrap();
        let mut room = std::pin::pin!(outbox.room(packet.size()));
        assert_eq!(room.as_mut().now_or_never(), None);
        outbox.close();
        assert_eq!(room.await, Err(PushError::Closed));
    }
}
