//! The handlers of other nodes' events that run: who waits for them when the server shuts down, and who ends them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::Notify, task::AbortHandle};

tokio::task_local! {
    /// The handler that is being polled.
    static OWN: Arc<Own>;
}

/// All that run.
#[derive(Default)]
pub(super) struct Handlers {
    state: Mutex<State>,
    /// Told when one ends, or begins to wait for the others.
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Set when the server shuts down: no more begin.
    closing: bool,
    /// Set at the deadline: those that run are dropped.
    ended: bool,
    begun: u64,
    /// Those that run, by number; those that were not done when they were polled first have a task.
    running: HashMap<u64, Option<AbortHandle>>,
    /// Those of them that wait for a shutdown of their own server.
    asking: usize,
}

/// One handler, as it knows itself.
pub(super) struct Own {
    number: u64,
    handlers: Arc<Handlers>,
    /// How often it waits for a shutdown just now.
    asks: Mutex<usize>,
}

impl Own {
    /// Runs code of the handler.
    pub(super) fn run_in<T>(self: &Arc<Self>, code: impl FnOnce() -> T) -> T {
        OWN.sync_scope(Arc::clone(self), code)
    }
}

/// Counts a handler, from its beginning to its end.
pub(super) struct Running {
    pub(super) handlers: Arc<Handlers>,
    pub(super) own: Arc<Own>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let task = self.handlers.state.lock().running.remove(&self.own.number);
        drop(task);
        self.handlers.changed.notify_waiters();
    }
}

/// While a handler waits for a shutdown.
struct Asking(Arc<Own>);

impl Asking {
    fn new(own: Arc<Own>) -> Self {
        own.change(|asks| *asks += 1);
        Self(own)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.change(|asks| *asks -= 1);
    }
}

impl Own {
    fn change(&self, change: impl FnOnce(&mut usize)) {
        {
            let mut state = self.handlers.state.lock();
            let mut asks = self.asks.lock();
            state.asking -= usize::from(*asks > 0);
            change(&mut asks);
            state.asking += usize::from(*asks > 0);
        }
        self.handlers.changed.notify_waiters();
    }
}

impl Handlers {
    /// Counts one more; `None` when the server shuts down.
    pub(super) fn begin(handlers: &Arc<Self>) -> Option<Running> {
        let mut state = handlers.state.lock();
        if state.closing {
            return None;
        }
        state.begun += 1;
        let number = state.begun;
        state.running.insert(number, None);
        let own = Own { number, handlers: Arc::clone(handlers), asks: Mutex::default() };
        Some(Running { handlers: Arc::clone(handlers), own: Arc::new(own) })
    }

    /// Goes on with a handler that has begun.
    pub(super) fn spawn(&self, own: &Arc<Own>, task: impl Future<Output = ()> + Send + 'static) {
        // Not under the lock: a runtime that shuts down drops the task here and now, and with it what is the user's, and a `Running`.
        let task = tokio::spawn(OWN.scope(Arc::clone(own), task)).abort_handle();
        let ended = {
            let mut state = self.state.lock();
            // It may be over by now.
            if let Some(running) = state.running.get_mut(&own.number) {
                *running = Some(task.clone());
            }
            state.ended && *own.asks.lock() == 0
        };
        if ended {
            task.abort();
        }
    }

    /// See [`Nodes::shutdown`](super::Nodes::shutdown).
    pub(super) async fn shutdown(self: &Arc<Self>, deadline: Duration) {
        self.state.lock().closing = true;
        let own = OWN.try_with(Arc::clone).ok().filter(|own| Arc::ptr_eq(&own.handlers, self));
        let asking = own.clone().map(Asking::new);
        if tokio::time::timeout(deadline, self.over(own.is_some())).await.is_err() {
            self.end(own.map(|own| own.number));
        }
        drop(asking);
    }

    /// Drops those that run, but for one.
    pub(super) fn end(&self, spared: Option<u64>) {
        let left: Vec<_> = {
            let mut state = self.state.lock();
            state.ended = true;
            let others = state.running.iter().filter(|(number, _)| Some(**number) != spared);
            others.filter_map(|(_, task)| task.clone()).collect()
        };
        // Not under the lock: a handler's values are the user's.
        left.iter().for_each(AbortHandle::abort);
    }

    /// Waits until none runs; for one of them, until none runs but those that wait like it.
    async fn over(&self, is_one: bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let state = self.state.lock();
                if state.running.is_empty() || (is_one && state.running.len() == state.asking) {
                    return;
                }
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::mpsc, thread};

    use super::*;

    #[test]
    fn a_runtime_that_has_ended_drops_handlers_and_holds_nobody() {
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let handle = runtime.handle().clone();
            drop(runtime);
            let _guard = handle.enter();
            let handlers = Arc::new(Handlers::default());
            let running = Handlers::begin(&handlers).unwrap();
            let own = Arc::clone(&running.own);
            handlers.spawn(&own, async move {
                let _running = running;
                pending::<()>().await;
            });
            let left = handlers.state.lock().running.len();
            sender.send(left)
        });
        assert_eq!(ended.recv_timeout(Duration::from_secs(10)), Ok(0));
    }
}
