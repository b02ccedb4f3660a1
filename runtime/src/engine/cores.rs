//! Runtimes of one thread each, for servers whose connections stay on the core that accepted them: no work is stolen, and no scheduler is
//! shared.
//!
//! Knows tasks, not what they do.

use std::{
    fmt,
    future::Future,
    io,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::JoinSet,
};

/// Threads with a runtime each. They end when this is dropped, and what runs on them is dropped with them.
pub(crate) struct Cores {
    cores: Vec<Core>,
    /// Tasks of the first that are not connections.
    stewards: Arc<AtomicUsize>,
}

/// Counts as one of [`Cores::stewards`] while it is there.
struct Steward(Arc<AtomicUsize>);

/// Where a connection is to go.
pub(crate) enum Place<'a> {
    /// On the thread that asks.
    Here,
    There(&'a Handle),
}

struct Core {
    runtime: Handle,
    /// Dropped, it ends the thread.
    _stop: oneshot::Sender<()>,
}

impl Cores {
    /// Starts so many threads.
    pub(crate) fn start(count: NonZeroUsize) -> io::Result<Self> {
        let cores = (0..count.get()).map(Core::start).collect::<io::Result<_>>()?;
        Ok(Self { cores, stewards: Arc::default() })
    }

    /// Runs on the first thread what deals connections out: what it keeps for that thread is handed to nobody. It is given up when the set is
    /// dropped.
    pub(crate) fn deal(&self, dealing: impl Future<Output = ()> + Send + 'static) -> JoinSet<()> {
        let steward = Steward::of(&self.stewards);
        let dealing = async move {
            let _steward = steward;
            dealing.await;
        };
        let mut tasks = JoinSet::new();
        if let Some(first) = self.cores.first() {
            tasks.spawn_on(dealing, &first.runtime);
        }
        tasks
    }

    /// The runtime with the fewest tasks, as seen from what [`deal`](Self::deal) runs: a connection is one, for as long as it lives.
    pub(crate) fn least_loaded(&self) -> Place<'_> {
        let load = |(index, core): &(usize, &Core)| {
            let stewards = if *index == 0 { self.stewards.load(Ordering::Relaxed) } else { 0 };
            core.runtime.metrics().num_alive_tasks().saturating_sub(stewards)
        };
        match self.cores.iter().enumerate().min_by_key(load) {
            None | Some((0, _)) => Place::Here,
            Some((_, core)) => Place::There(&core.runtime),
        }
    }
}

impl Steward {
    fn of(stewards: &Arc<AtomicUsize>) -> Self {
        stewards.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(stewards))
    }
}

impl Drop for Steward {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
        f.debug_struct("Cores").field("count", &self.cores.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;

    #[test]
    fn tasks_are_dealt_to_the_least_loaded_and_end_with_the_threads() {
        let cores = Arc::new(Cores::start(NonZeroUsize::new(2).unwrap()).unwrap());
        let alive = Arc::new(());
        let (sender, names) = std::sync::mpsc::channel();
        let dealing = {
            let (cores, alive) = (Arc::clone(&cores), Arc::clone(&alive));
            async move {
                for _ in 0..4 {
                    let (sender, alive) = (sender.clone(), Arc::clone(&alive));
                    let task = async move {
                        sender.send(thread::current().name().unwrap().to_owned()).unwrap();
                        std::future::pending::<()>().await;
                        drop(alive);
                    };
                    match cores.least_loaded() {
                        Place::Here => drop(tokio::spawn(task)),
                        Place::There(core) => drop(core.spawn(task)),
                    }
                }
                std::future::pending::<()>().await;
            }
        };
        let dealing = cores.deal(dealing);
        let names: Vec<_> = names.iter().take(4).collect();
        for core in ["sockeye-core-0", "sockeye-core-1"] {
            assert_eq!(names.iter().filter(|name| *name == core).count(), 2, "{names:?}");
        }
        // Given up, it lets go of what it has.
        drop(dealing);
        let weak: Weak<()> = Arc::downgrade(&alive);
        drop((alive, cores));
        while weak.strong_count() > 0 {
            thread::yield_now();
        }
    }
}
