//! The task of one socket: it runs the user's code, and nothing else does.
//!
//! In order of arrival, each handler polled once before the next one starts; at most so many at once; panics caught. Knows no types of
//! the user: an [`App`] makes the futures. The task that reads the wire never waits for this one, but for room in the [`Inbox`].

use std::{
    any::Any,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::{
    inbox::{Inbox, Item},
    lifecycle::Notice,
    socket::Incoming,
};
use crate::event::{BoxFuture, Panic, Reply, catch, guarded};

/// How long handlers may still run after the client has gone.
const GRACE: Duration = Duration::from_secs(5);

/// What an event leads to.
pub(crate) enum Step {
    /// It needed no handler.
    Done(Reply),
    /// Its text is no JSON: the server does not speak the protocol.
    Malformed,
    /// A handler, and its name for the logs.
    Run(&'static str, BoxFuture<'static, Reply>),
}

/// The user's `auth` as JSON, or why there is none.
pub(crate) type AuthResult = Result<Option<Box<RawValue>>, Box<dyn std::error::Error + Send + Sync>>;

/// What the user has given for one socket, without its types.
///
/// The three that make futures give `None` when nobody holds the client any more.
pub(crate) trait App: Send + Sync + 'static {
    fn event(&self, event: &Incoming) -> Option<Step>;
    fn notice(&self, notice: Notice) -> Option<BoxFuture<'static, ()>>;
    fn auth(&self) -> Option<BoxFuture<'static, AuthResult>>;
    fn panicked(&self, panic: &Panic);

    /// The answer to an event of this connection.
    fn answer(&self, generation: u64, reply: Reply);
    /// The `auth` that was asked for with this number.
    fn authenticated(&self, ticket: u64, auth: AuthResult);
    /// This connection has brought what is no JSON.
    fn malformed(&self, generation: u64);
}

/// User code that runs.
struct Work {
    what: &'static str,
    generation: u64,
    future: BoxFuture<'static, Reply>,
}

struct Finished {
    what: &'static str,
    generation: u64,
    result: Result<Reply, Box<dyn Any + Send>>,
}

impl Future for Work {
    type Output = Finished;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished> {
        let (what, generation) = (self.what, self.generation);
        guarded(self.future.as_mut(), cx).map(|result| Finished { what, generation, result })
    }
}

/// One socket's user code in flight.
pub(crate) struct Handlers<A> {
    app: A,
    inbox: Arc<Inbox>,
    max: usize,
    running: FuturesUnordered<Work>,
    /// Apart from the handlers: a connection does not wait for those of the last one.
    auth: Option<(u64, BoxFuture<'static, AuthResult>)>,
}

impl<A: App> Handlers<A> {
    pub(crate) fn new(app: A, inbox: Arc<Inbox>, max: usize) -> Self {
        Self { app, inbox, max: max.max(1), running: FuturesUnordered::new(), auth: None }
    }

    /// Runs until the inbox has ended, and then a little, for those that are running.
    pub(crate) async fn run(mut self) {
        poll_fn(|cx| {
            self.drive(cx);
            if self.inbox.is_ended() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.auth = None;
        let rest = poll_fn(|cx| {
            self.drive(cx);
            if self.running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        });
        if timeout(GRACE, rest).await.is_err() {
            tracing::warn!(running = self.running.len(), "handlers outlived their client, and are dropped");
        }
        if catch(|| drop(self)).is_err() {
            tracing::error!("dropping a handler panicked");
        }
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        self.inbox.register(cx);
        self.drive_auth(cx);
        loop {
            while let Poll::Ready(Some(finished)) = self.running.poll_next_unpin(cx) {
                self.finished(finished);
            }
            // Starting may end at once, and room for one more be there again.
            if self.running.len() >= self.max {
                return;
            }
            match self.inbox.pop() {
                Some(item) => self.start(item),
                None => return,
            }
        }
    }

    fn drive_auth(&mut self, cx: &mut Context<'_>) {
        if let Some(ticket) = self.inbox.take_auth() {
            drop_guarded(self.auth.take());
            match catch(|| self.app.auth()) {
                Ok(future) => self.auth = future.map(|future| (ticket, future)),
                Err(payload) => self.auth_panicked(ticket, payload),
            }
        }
        let Some((ticket, future)) = &mut self.auth else { return };
        let ticket = *ticket;
        let result = match guarded(future.as_mut(), cx) {
            Poll::Pending => return,
            Poll::Ready(result) => result,
        };
        drop_guarded(self.auth.take());
        match result {
            Ok(auth) => self.app.authenticated(ticket, auth),
            Err(payload) => self.auth_panicked(ticket, payload),
        }
    }

    fn auth_panicked(&self, ticket: u64, payload: Box<dyn Any + Send>) {
        self.panicked("auth", payload);
        self.app.authenticated(ticket, Err("the function for `auth` panicked".into()));
    }

    /// Starts what has come: it is polled once before this returns.
    fn start(&mut self, item: Item) {
        let (what, generation, future) = match item {
            Item::Event(event) => match catch(|| self.app.event(&event)) {
                Ok(Some(Step::Run(what, future))) => (what, event.generation, future),
                Ok(Some(Step::Done(reply))) => return self.app.answer(event.generation, reply),
                Ok(Some(Step::Malformed)) => return self.app.malformed(event.generation),
                Ok(None) => return,
                Err(payload) => return self.panicked("an event's arguments", payload),
            },
            Item::Notice(notice) => {
                let what = notice.method();
                match catch(|| self.app.notice(notice)) {
                    Ok(Some(future)) => {
                        let future: BoxFuture<'static, Reply> = Box::pin(async move {
                            future.await;
                            Reply(None)
                        });
                        (what, 0, future)
                    }
                    Ok(None) => return,
                    Err(payload) => return self.panicked(what, payload),
                }
            }
        };
        let mut work = Work { what, generation, future };
        match Pin::new(&mut work).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(finished) => {
                drop_guarded(work);
                self.finished(finished);
            }
            Poll::Pending => self.running.push(work),
        }
    }

    fn finished(&self, finished: Finished) {
        match finished.result {
            Ok(reply) => self.app.answer(finished.generation, reply),
            Err(payload) => self.panicked(finished.what, payload),
        }
    }

    fn panicked(&self, what: &'static str, payload: Box<dyn Any + Send>) {
        let panic = Panic { what, payload };
        tracing::error!(handler = what, panic = panic.message(), "a handler of a client panicked");
        if catch(|| self.app.panicked(&panic)).is_err() {
            tracing::error!("`ClientLifecycle::panicked` panicked");
        }
    }
}

/// Drops what is the user's, which may panic.
fn drop_guarded<T>(value: T) {
    if catch(|| drop(value)).is_err() {
        tracing::error!("dropping a handler panicked");
    }
}

#[cfg(test)]
#[path = "handlers_tests.rs"]
mod tests;
