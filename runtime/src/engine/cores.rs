//! Runtimes of one thread each, for servers whose connections stay on the core that accepted them: no work is stolen, and no scheduler is
//! shared.
//!
//! Knows tasks, not what they do.

use std::{fmt, io, num::NonZeroUsize, thread};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// Threads with a runtime each. They end when this is dropped, and what runs on them is dropped with them.
pub(crate) struct Cores {
    cores: Vec<Core>,
}

struct Core {
    runtime: Handle,
    /// Dropped, it ends the thread.
    _stop: oneshot::Sender<()>,
}

impl Cores {
    /// Starts so many threads.
    pub(crate) fn start(count: NonZeroUsize) -> io::Result<Self> {
        (0..count.get()).map(Core::start).collect::<io::Result<_>>().map(|cores| Self { cores })
    }

    /// The runtime with the fewest tasks: a connection is one, for as long as it lives.
    pub(crate) fn least_loaded(&self) -> Option<&Handle> {
        let runtimes = self.cores.iter().map(|core| &core.runtime);
        runtimes.min_by_key(|runtime| runtime.metrics().num_alive_tasks())
    }
}

impl Core {
    fn start(index: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::Builder::new().name(format!("sockeye-core-{index}")).spawn(move || {
            // Nothing is ever sent: it ends when the sender is gone.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { runtime: handle, _stop: stop })
    }
}

impl fmt::Debug for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cores").field("count", &self.cores.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Weak};

    use super::*;

    #[test]
    fn tasks_are_dealt_to_the_least_loaded_and_end_with_the_threads() {
        let cores = Cores::start(NonZeroUsize::new(2).unwrap()).unwrap();
        let alive = Arc::new(());
        let names: Vec<_> = (0..4)
            .map(|_| {
                let (sender, name) = std::sync::mpsc::channel();
                let alive = Arc::clone(&alive);
                cores.least_loaded().unwrap().spawn(async move {
                    sender.send(thread::current().name().unwrap().to_owned()).unwrap();
                    std::future::pending::<()>().await;
                    drop(alive);
                });
                name.recv().unwrap()
            })
            .collect();
        for core in ["sockeye-core-0", "sockeye-core-1"] {
            assert_eq!(names.iter().filter(|name| *name == core).count(), 2, "{names:?}");
        }
        let weak: Weak<()> = Arc::downgrade(&alive);
        drop((alive, cores));
        while weak.strong_count() > 0 {
            thread::yield_now();
        }
    }
}
