//! Who writes broadcasts. A packet for a thousand peers wakes one task, which writes to all of them, instead of a thousand tasks.
//!
//! An emit pushes into the outboxes, where the order is decided, and lists those that nobody else sees to. One list and one task for each
//! worker of the runtime. What a flusher cannot write at once, because the peer is slow or its stream is no bare TCP, it leaves to the session's
//! own task.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Weak, atomic::Ordering},
    task::{Context, Poll},
    thread::ThreadId,
};

use smallvec::SmallVec;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::{
    outbox::Outbox,
    sync::{AtomicBool, AtomicWaker, Mutex},
};

/// Outboxes written before other tasks get their turn: about half a millisecond.
const TURN: usize = 128;

/// A list of outboxes in which something waits. Each is on it at most once, so that it is bounded by the sessions.
pub(crate) struct Flusher {
    waiting: Mutex<Vec<Arc<Outbox>>>,
    task: AtomicWaker,
    /// Its task has gone, with its runtime.
    ended: AtomicBool,
}

impl Flusher {
    fn new() -> Self {
        Self { waiting: Mutex::new(Vec::new()), task: AtomicWaker::new(), ended: AtomicBool::new(false) }
    }

    /// Lists outboxes.
    fn add(&self, outboxes: &mut Vec<Arc<Outbox>>) {
        let first = {
            let mut waiting = self.waiting.lock();
            if self.ended.load(Ordering::Acquire) {
                drop(waiting);
                // Nobody else will see to them.
                return outboxes.drain(..).for_each(|outbox| outbox.wake());
            }
            let first = waiting.is_empty();
            waiting.append(outboxes);
            first
        };
        if first {
            self.task.wake();
        }
    }
}

/// Outboxes into which one packet was pushed. Dropped, it gives them to their flushers.
#[derive(Default)]
pub(crate) struct Batch {
    /// As many as there are workers, at most.
    lists: SmallVec<[(Arc<Flusher>, Vec<Arc<Outbox>>); 1]>,
}

impl Batch {
    pub(crate) fn add(&mut self, flusher: &Arc<Flusher>, outbox: &Arc<Outbox>) {
        let list = self.lists.iter_mut().find(|(of, _)| Arc::ptr_eq(of, flusher));
        match list {
            Some((_, list)) => list.push(Arc::clone(outbox)),
            None => self.lists.push((Arc::clone(flusher), vec![Arc::clone(outbox)])),
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        for (flusher, outboxes) in &mut self.lists {
            flusher.add(outboxes);
        }
    }
}

/// The task of a flusher. It ends when nobody holds the flusher any more.
struct Task {
    flusher: Weak<Flusher>,
    /// What is left of the list that was taken.
    turn: std::vec::IntoIter<Arc<Outbox>>,
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(flusher) = self.flusher.upgrade() else { return Poll::Ready(()) };
        let mut budget = TURN;
        while budget > 0 {
            if self.turn.as_slice().is_empty() {
                flusher.task.register(cx.waker());
                self.turn = std::mem::take(&mut *flusher.waiting.lock()).into_iter();
            }
            // Only who has found nothing after it registered may sleep: whoever listed something before that told nobody else.
            let Some(outbox) = self.turn.next() else { return Poll::Pending };
            outbox.flush();
            budget -= 1;
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let mut left: Vec<_> = self.turn.by_ref().collect();
        if let Some(flusher) = self.flusher.upgrade() {
            let mut waiting = flusher.waiting.lock();
            flusher.ended.store(true, Ordering::Release);
            left.append(&mut waiting);
        }
        for outbox in left {
            outbox.wake();
        }
    }
}

/// Wakes the task of a flusher that is dropped, so that it ends.
impl Drop for Flusher {
    fn drop(&mut self) {
        self.task.wake();
    }
}

/// For whom a flusher works: a thread with a runtime of its own, or one worker's share of all sessions.
#[derive(PartialEq, Eq, Hash)]
enum Share {
    Thread(ThreadId),
    Worker(usize),
}

/// The flushers of an engine.
#[derive(Default)]
pub(crate) struct Flushers {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    flushers: HashMap<Share, Arc<Flusher>>,
    /// Sessions are dealt out in turn.
    next: usize,
}

impl Flushers {
    /// The flusher of a new session. Must be called within a runtime, in which its task is started if there is none.
    pub(crate) fn deal(&self) -> Arc<Flusher> {
        let runtime = Handle::current();
        let mut inner = self.inner.lock();
        let share = match runtime.runtime_flavor() {
            RuntimeFlavor::CurrentThread => Share::Thread(std::thread::current().id()),
            _ => {
                inner.next = (inner.next + 1) % runtime.metrics().num_workers();
                Share::Worker(inner.next)
            }
        };
        if let Some(flusher) = inner.flushers.get(&share)
            && !flusher.ended.load(Ordering::Acquire)
        {
            return Arc::clone(flusher);
        }
        let flusher = Arc::new(Flusher::new());
        runtime.spawn(Task { flusher: Arc::downgrade(&flusher), turn: Vec::new().into_iter() });
        // Threads come and go with their runtimes.
        inner.flushers.retain(|_, flusher| !flusher.ended.load(Ordering::Acquire));
        inner.flushers.insert(share, Arc::clone(&flusher));
        flusher
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn what_is_listed_while_a_turn_goes_on_is_seen_to() {
        let flusher = Arc::new(Flusher::new());
        let mut task = Task { flusher: Arc::downgrade(&flusher), turn: Vec::new().into_iter() };
        let outboxes = |count: usize| (0..count).map(|_| Arc::new(Outbox::new(100))).collect::<Vec<_>>();
        let cx = &mut Context::from_waker(Waker::noop());
        flusher.add(&mut outboxes(TURN + 1));
        assert!(Pin::new(&mut task).poll(cx).is_pending());
        // Its waker has been told, but it would run again in any case: nobody tells it once more.
        flusher.add(&mut outboxes(1));
        assert!(Pin::new(&mut task).poll(cx).is_pending());
        assert!(flusher.waiting.lock().is_empty() && task.turn.as_slice().is_empty());
        drop(flusher);
        assert!(Pin::new(&mut task).poll(cx).is_ready());
    }
}
