//! What a session has received and nobody has taken yet: bounded in bytes; when it is full, the transport is not read.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use super::{error::Closed, wake::Wake};
use crate::protocol::engine_io::Message;

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    bytes: usize,
    closed: Option<Closed>,
    /// What comes in is of no interest any more.
    deaf: bool,
}

/// Memory that a message takes beside its bytes, so that empty ones are bounded too.
const OVERHEAD: usize = size_of::<Message>();

/// Between the session's task and the one that receives.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: Mutex<Queue>,
    limit: usize,
    receiver: AtomicWaker,
    task: Arc<Wake>,
}

impl Inbox {
    pub(super) fn new(limit: usize, task: Arc<Wake>) -> Arc<Self> {
        Arc::new(Self { queue: Mutex::default(), limit, receiver: AtomicWaker::new(), task })
    }

    /// Whether another message may come; a full inbox wakes the task when there is room again.
    pub(super) fn has_room(&self) -> bool {
        let queue = self.queue.lock();
        queue.deaf || queue.bytes < self.limit
    }

    pub(super) fn push(&self, message: Message) {
        {
            let mut queue = self.queue.lock();
            if queue.deaf {
                return;
            }
            queue.bytes += message.size() + OVERHEAD;
            queue.messages.push_back(message);
        }
        self.receiver.wake();
    }

    /// What comes from now on is dropped, and so is what waits.
    pub(super) fn deafen(&self) {
        let messages = {
            let mut queue = self.queue.lock();
            queue.deaf = true;
            queue.bytes = 0;
            std::mem::take(&mut queue.messages)
        };
        drop(messages);
    }

    /// The session is over; the first reason counts.
    pub(super) fn close(&self, closed: Closed) {
        self.queue.lock().closed.get_or_insert(closed);
        self.receiver.wake();
    }

    /// The next message; what came before the end is given before the end.
    pub(super) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, Closed>> {
        self.receiver.register(cx.waker());
        let mut queue = self.queue.lock();
        let Some(message) = queue.messages.pop_front() else {
            return queue.closed.clone().map_or(Poll::Pending, |closed| Poll::Ready(Err(closed)));
        };
        let was_full = queue.bytes >= self.limit;
        queue.bytes -= message.size() + OVERHEAD;
        let has_room = queue.bytes < self.limit;
        drop(queue);
        if was_full && has_room {
            self.task.wake();
        }
        Poll::Ready(Ok(message))
    }
}
