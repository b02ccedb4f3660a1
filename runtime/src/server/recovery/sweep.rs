//! Forgets what nobody will come back for: clients that are away too long, packets that are too old, namespaces that only they kept.
//!
//! One task for a server with recovery, there only while something is kept. It does not keep the server alive.

use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{runtime::Handle, task::AbortHandle, time::Instant};

use super::super::{core::FAR, hub::Hub};

/// Starts the task, and ends it.
#[derive(Default)]
pub(in crate::server) struct Sweeper {
    hub: OnceLock<Weak<Hub>>,
    /// A task will look after all that was kept before this was read.
    running: Arc<AtomicBool>,
    /// Nothing is kept any more: the server shuts down.
    ended: AtomicBool,
    task: Mutex<Option<AbortHandle>>,
}

impl Sweeper {
    /// Says whose namespaces it sweeps.
    pub(in crate::server) fn watch(&self, hub: Weak<Hub>) {
        let _ = self.hub.set(hub);
    }

    /// To be called when something has been kept. Outside of a runtime it does nothing; what is kept next starts it then.
    pub(super) fn start(&self, after: Duration) {
        if self.running.load(Ordering::Acquire) || self.has_ended() {
            return;
        }
        let (Some(hub), Ok(runtime)) = (self.hub.get().cloned(), Handle::try_current()) else { return };
        let mut task = self.task.lock();
        if self.has_ended() || self.running.swap(true, Ordering::AcqRel) {
            return;
        }
        let running = Running { flag: Arc::clone(&self.running), mine: true };
        *task = Some(runtime.spawn(sweep(hub, running, after.min(FAR))).abort_handle());
    }

    /// Ends it for good: who asks for something to be kept from now on is to let it go.
    pub(in crate::server) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.abort();
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.end();
    }
}

/// Takes the flag back however the task ends, that of its runtime included.
struct Running {
    flag: Arc<AtomicBool>,
    mine: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.mine {
            self.flag.store(false, Ordering::Release);
        }
    }
}

async fn sweep(hub: Weak<Hub>, mut running: Running, after: Duration) {
    // As rarely as is no burden, as often as nothing is kept for much longer than it has to be.
    let pause = (after / 8).clamp(Duration::from_millis(100), Duration::from_secs(15));
    let mut next = Instant::now() + after.max(pause);
    loop {
        tokio::time::sleep_until(next).await;
        let Some(hub) = hub.upgrade() else { return };
        // Before it looks: what is kept from here on and not seen starts another task, which takes over.
        running.flag.store(false, Ordering::Release);
        running.mine = false;
        let now = Instant::now();
        let Some(due) = hub.sweep(now.into_std()) else { return };
        drop(hub);
        if running.flag.swap(true, Ordering::AcqRel) {
            return;
        }
        running.mine = true;
        next = (Instant::from_std(due) + Duration::from_millis(1)).max(now + pause);
    }
}
