//! Writing without the session's task: what is pushed by broadcasts goes to the kernel from the flusher.
//!
//! Whoever holds the wire takes frames from the queue and writes them, so that they leave in order. Lock order: the wire, then the queue.

use super::{Attention, Outbox};
use crate::{
    engine::{
        sync::MutexGuard,
        transport::{wire::Wire, write::WriteQueue},
    },
    protocol::frame::Frame,
};

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
        let written =
            self.wire.lock().as_mut().is_some_and(|wire| wire.is_direct() && self.write(&mut **wire));
        if !written {
            self.task.wake();
        }
    }

    /// Whether nothing is left.
    fn write(&self, to: &mut impl Direct) -> bool {
        // What was left over is in order before what waits.
        if !to.flush() {
            return false;
        }
        while !self.is_empty() {
            // If that is all, who pushes from here on tells somebody again, who then waits for the wire.
            self.take_and(to.queue(), MAX_FRAMES, MAX_BYTES, |queue| {
                if queue.bytes == 0 && queue.task == Attention::Told {
                    queue.task = Attention::Asleep;
                }
            });
            if !to.flush() {
                return false;
            }
        }
        true
    }
}

/// What can be written to by whoever holds it.
trait Direct {
    type Queue: Extend<Frame>;
    /// What is to be written.
    fn queue(&mut self) -> &mut Self::Queue;
    /// Writes it, as far as that can be done at once; whether that is all.
    fn flush(&mut self) -> bool;
}

impl Direct for Wire {
    type Queue = WriteQueue;

    fn queue(&mut self) -> &mut WriteQueue {
        &mut self.out
    }

    fn flush(&mut self) -> bool {
        self.out.is_empty() || matches!(self.try_flush(), Ok(true))
    }
}

#[cfg(all(test, shuttle))]
mod models {
    //! A flusher and the session's task on one wire: nothing is lost, nothing overtakes, whoever of them writes.

    use std::{future::poll_fn, sync::Arc, task::Poll};

    use shuttle::{check_pct, check_random, future::block_on, sync::mpsc, thread};

    use super::*;
    use crate::{
        engine::{WhenFull, sync::Mutex},
        protocol::{close::CloseReason, frame::Encoded},
    };

    /// Takes one frame at a time from the flusher, and every third time none.
    #[derive(Default)]
    struct Slow {
        queue: Vec<Frame>,
        written: Vec<Frame>,
        calls: usize,
    }

    impl Direct for Slow {
        type Queue = Vec<Frame>;

        fn queue(&mut self) -> &mut Vec<Frame> {
            &mut self.queue
        }

        fn flush(&mut self) -> bool {
            self.calls += 1;
            if self.calls % 3 > 0 && !self.queue.is_empty() {
                self.written.push(self.queue.remove(0));
            }
            self.queue.is_empty()
        }
    }

    fn model() {
        let outbox = Arc::new(Outbox::new(1 << 20));
        let wire = Arc::new(Mutex::new(Slow::default()));
        let (tell, told) = mpsc::channel();
        let pushers = [0, 10].map(|first| {
            let (outbox, tell) = (Arc::clone(&outbox), tell.clone());
            thread::spawn(move || {
                for n in first..first + 3 {
                    let packet = Encoded::new(Frame::text(&format!("{n:04}")));
                    let size = packet.size();
                    let fill = |frames: &mut crate::engine::line::Line<Frame>| frames.push(packet.head);
                    if outbox.enqueue(size, false, false, WhenFull::Policy, fill).unwrap() {
                        tell.send(()).unwrap();
                    }
                }
            })
        });
        drop(tell);
        let flusher = {
            let (outbox, wire) = (Arc::clone(&outbox), Arc::clone(&wire));
            thread::spawn(move || {
                while told.recv().is_ok() {
                    let written = outbox.write(&mut *wire.lock());
                    if !written {
                        outbox.task.wake();
                    }
                }
            })
        };
        let task = {
            let (outbox, wire) = (Arc::clone(&outbox), Arc::clone(&wire));
            thread::spawn(move || {
                block_on(poll_fn(|cx| {
                    outbox.unregister();
                    loop {
                        // What was pushed before the close is written.
                        let closing = outbox.is_closing();
                        {
                            let mut wire = wire.lock();
                            outbox.take(&mut wire.queue, usize::MAX, usize::MAX);
                            let left = std::mem::take(&mut wire.queue);
                            wire.written.extend(left);
                        }
                        if closing {
                            return Poll::Ready(());
                        }
                        if outbox.is_empty() && outbox.register(cx.waker(), true, true) {
                            return Poll::Pending;
                        }
                    }
                }));
            })
        };
        pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
        flusher.join().unwrap();
        // All that was pushed is on its way without anybody doing more: only a task that was woken may have some left to write.
        let quiet = outbox.queue.lock().task == Attention::Asleep;
        assert!(!quiet || outbox.is_empty(), "something waits and nobody was told");
        outbox.close(CloseReason::ForcedClose);
        task.join().unwrap();
        let wire = wire.lock();
        let numbers: Vec<usize> = wire
            .written
            .iter()
            .map(|frame| std::str::from_utf8(&frame.packet_text().unwrap()[1..]).unwrap().parse().unwrap())
            .collect();
        for first in [0, 10] {
            let from_one = numbers.iter().copied().filter(|n| (first..first + 10).contains(n));
            assert!(from_one.eq(first..first + 3), "{numbers:?}");
        }
    }

    #[test]
    fn what_is_pushed_is_written_by_the_flusher_or_by_the_task() {
        check_random(model, 4000);
        check_pct(model, 4000, 3);
    }
}
