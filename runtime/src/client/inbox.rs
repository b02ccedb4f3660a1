//! What has come for one socket and waits for its handlers, bounded in bytes.
//!
//! Knows neither handlers nor the wire: the manager puts in, the socket's task and a puller take out.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{lifecycle::Notice, socket::Incoming};

/// What anything that waits counts for beside its payload.
const OVERHEAD: usize = 128;

/// What the socket's task works through.
#[derive(Debug)]
pub(crate) enum Item {
    Event(Incoming),
    Notice(Notice),
}

impl Item {
    fn cost(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Event(event) => event.payload.size(),
                Self::Notice(_) => 0,
            }
    }
}

#[derive(Debug, Default)]
struct Queues {
    items: VecDeque<Item>,
    /// Events for a puller.
    pulled: VecDeque<Incoming>,
    bytes: usize,
    /// Which question for `auth` waits. The last one counts.
    auth: Option<u64>,
    /// Nobody pulls any more.
    deaf: bool,
    ended: bool,
}

/// The queue of one socket.
#[derive(Debug)]
pub(crate) struct Inbox {
    queues: Mutex<Queues>,
    max_bytes: usize,
    /// Whether events are pulled, and not handled by the socket's task.
    pulls: bool,
    task: AtomicWaker,
    puller: AtomicWaker,
    /// Told when there is room again.
    manager: Arc<Notify>,
}

impl Inbox {
    pub(crate) fn new(max_bytes: usize, pulls: bool, manager: Arc<Notify>) -> Self {
        Self {
            queues: Mutex::default(),
            max_bytes,
            pulls,
            task: AtomicWaker::new(),
            puller: AtomicWaker::new(),
            manager,
        }
    }

    /// Puts something in. Who does has asked [`is_full`](Self::is_full): only one item goes beyond the bound.
    pub(crate) fn push(&self, item: Item) {
        let mut queues = self.queues.lock();
        if queues.ended || queues.deaf && matches!(item, Item::Event(_)) {
            return;
        }
        queues.bytes += item.cost();
        match item {
            Item::Event(event) if self.pulls => {
                queues.pulled.push_back(event);
                drop(queues);
                self.puller.wake();
            }
            item => {
                queues.items.push_back(item);
                drop(queues);
                self.task.wake();
            }
        }
    }

    /// Whether reading has to stop.
    pub(crate) fn is_full(&self) -> bool {
        self.queues.lock().bytes > self.max_bytes
    }

    pub(crate) fn ask_auth(&self, ticket: u64) {
        self.queues.lock().auth = Some(ticket);
        self.task.wake();
    }

    pub(crate) fn take_auth(&self) -> Option<u64> {
        self.queues.lock().auth.take()
    }

    /// Registers the socket's task, which then looks at everything again.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.task.register(cx.waker());
    }

    pub(crate) fn pop(&self) -> Option<Item> {
        let mut queues = self.queues.lock();
        let item = queues.items.pop_front()?;
        self.taken(&mut queues, item.cost());
        Some(item)
    }

    /// The next event for a puller; `None` once `is_over` and nothing waits.
    pub(crate) fn poll_pull(
        &self,
        cx: &Context<'_>,
        is_over: impl FnOnce(&Context<'_>) -> bool,
    ) -> Poll<Option<Incoming>> {
        self.puller.register(cx.waker());
        // Asked before the queue is looked at: what came before the end is still given.
        let over = is_over(cx);
        let mut queues = self.queues.lock();
        match queues.pulled.pop_front() {
            Some(event) => {
                self.taken(&mut queues, pulled_cost(&event));
                Poll::Ready(Some(event))
            }
            None if over => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn taken(&self, queues: &mut Queues, bytes: usize) {
        let was_full = queues.bytes > self.max_bytes;
        queues.bytes -= bytes;
        if was_full && queues.bytes <= self.max_bytes {
            self.manager.notify_one();
        }
    }

    pub(crate) fn wake_puller(&self) {
        self.puller.wake();
    }

    /// Nobody pulls any more: events that wait or come are dropped, so that answers do not wait behind them.
    pub(crate) fn deafen(&self) {
        let dropped = {
            let mut queues = self.queues.lock();
            queues.deaf = true;
            let dropped = std::mem::take(&mut queues.pulled);
            let bytes = dropped.iter().map(pulled_cost).sum();
            self.taken(&mut queues, bytes);
            dropped
        };
        drop(dropped);
    }

    /// Nothing more is wanted: what waits is dropped, and the task ends when its handlers have.
    pub(crate) fn end(&self) {
        let dropped = {
            let mut queues = self.queues.lock();
            queues.ended = true;
            queues.bytes = 0;
            queues.auth = None;
            (std::mem::take(&mut queues.items), std::mem::take(&mut queues.pulled))
        };
        drop(dropped);
        self.task.wake();
        self.puller.wake();
        self.manager.notify_one();
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.queues.lock().ended
    }
}

fn pulled_cost(event: &Incoming) -> usize {
    OVERHEAD + event.payload.size()
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use bytestring::ByteString;

    use super::*;
    use crate::protocol::socket_io::packet::{Body, Payload};

    fn event(text: &'static str) -> Item {
        let body = Body::Json(ByteString::from_static(text));
        let payload = Payload { body, attachments: Vec::new() };
        Item::Event(Incoming { payload, id: None, has_offset: false, generation: 1 })
    }

    #[tokio::test]
    async fn a_full_inbox_tells_the_manager_when_there_is_room() {
        let manager = Arc::new(Notify::new());
        let inbox = Inbox::new(200, false, Arc::clone(&manager));
        inbox.push(event("[\"a\"]"));
        assert!(!inbox.is_full());
        inbox.push(Item::Notice(Notice::Connected));
        assert!(inbox.is_full());
        assert!(matches!(inbox.pop(), Some(Item::Event(_))));
        manager.notified().await;
        assert!(!inbox.is_full());
        assert!(matches!(inbox.pop(), Some(Item::Notice(Notice::Connected))));
        assert!(inbox.pop().is_none() && inbox.queues.lock().bytes == 0);
    }

    #[test]
    fn what_came_before_the_end_is_still_pulled() {
        let inbox = Inbox::new(1000, true, Arc::default());
        let cx = Context::from_waker(Waker::noop());
        assert!(inbox.poll_pull(&cx, |_| false).is_pending());
        inbox.push(event("[\"a\"]"));
        assert!(inbox.pop().is_none());
        assert!(matches!(inbox.poll_pull(&cx, |_| true), Poll::Ready(Some(_))));
        assert!(matches!(inbox.poll_pull(&cx, |_| true), Poll::Ready(None)));
    }

    #[test]
    fn an_ended_inbox_takes_nothing_and_holds_nothing() {
        let inbox = Inbox::new(1000, false, Arc::default());
        inbox.push(event("[\"a\"]"));
        inbox.ask_auth(1);
        inbox.end();
        inbox.push(event("[\"b\"]"));
        assert!(inbox.is_ended() && inbox.pop().is_none() && inbox.take_auth().is_none() && !inbox.is_full());
    }
}
