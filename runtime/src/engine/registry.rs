//! The sessions of an engine by their ids: the only way to find one, to enter one, and to remove one.
//!
//! An entry is made by [`Registry::register`] and lives exactly as long as the [`Registration`] it gives, which the session's
//! task owns: whatever ends the task, a panic included, removes the entry.

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    net::IpAddr,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, mpsc},
    task::AbortHandle,
};

use super::{
    Config,
    metrics::{EngineMetrics, SessionMetrics},
    outbox::Outbox,
    refusals::Counters,
    transport::polling::Command,
};
use crate::{
    id::SessionId,
    protocol::{close::CloseReason, engine_io::session::Timing},
};

/// Why no session can be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// There are as many as [`Config::max_sessions`](super::Config::max_sessions) allows.
    Full,
    /// Its address has as many as [`Config::max_sessions_per_address`](super::Config::max_sessions_per_address) allows.
    FullForAddress,
    /// There are as many unfinished handshakes as [`Config::max_handshakes`](super::Config::max_handshakes) allows.
    TooManyHandshakes,
    /// The handshake took longer than [`Config::handshake_timeout`](super::Config::handshake_timeout).
    TooLate,
    /// The engine is shutting down.
    ShuttingDown,
    /// The engine is draining: see [`Engine::drain`](super::Engine::drain).
    Draining,
    /// The operating system gave no random bytes for an id.
    Random(getrandom::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "there are too many sessions",
            Self::FullForAddress => "there are too many sessions of this address",
            Self::TooManyHandshakes => "there are too many handshakes",
            Self::TooLate => "the handshake took too long",
            Self::ShuttingDown => "the server is shutting down",
            Self::Draining => "the server is draining",
            Self::Random(_) => "no id could be made",
        })
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Random(error) => Some(error),
            _ => None,
        }
    }
}

/// What is known of an id.
pub(crate) enum Found {
    /// Nothing, or the session is over.
    Unknown,
    /// It polls; this is the way to its task, and its id.
    Polling(mpsc::Sender<Command>, SessionId),
    /// It is on WebSocket, from the beginning or since its upgrade.
    WebSocket,
}

struct Entry {
    outbox: Arc<Outbox>,
    commands: Option<mpsc::Sender<Command>>,
    open: bool,
    /// Under which address it counts.
    address: Option<Box<IpAddr>>,
    task: Option<AbortHandle>,
}

/// Of ids that were made here of random bytes: nobody can choose them so that they collide, whatever they ask for.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        // The upper bits are the better ones; the table takes the place from the lower.
        self.0.rotate_left(26)
    }
}

#[derive(Default)]
struct Sessions {
    entries: HashMap<SessionId, Entry, BuildHasherDefault<IdHasher>>,
    /// Entries that have not begun to close.
    open: usize,
    /// Those of each address, where they are counted.
    by_address: HashMap<IpAddr, usize>,
    closed_to: ClosedTo,
    /// What sessions that are gone had dropped.
    dropped: u64,
}

/// Whom a registry lets in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum ClosedTo {
    #[default]
    Nobody,
    /// It is draining: those inside stay.
    New,
    /// It is shutting down.
    All,
}

/// What waits in the outboxes of all sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backlog {
    /// Bytes.
    pub bytes: usize,
    /// Frames: one for each packet, and one for each attachment.
    pub frames: usize,
    /// Packets that were dropped since the engine began, those of sessions that are gone included; see [`Outbox::dropped`].
    pub dropped: u64,
}

impl Sessions {
    /// Counts it no longer, if it was counted.
    fn close(&mut self, id: &SessionId) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        if !std::mem::take(&mut entry.open) {
            return;
        }
        self.open -= 1;
    }

    /// Takes it out, and gives back what it counted for.
    fn remove(&mut self, id: &SessionId) -> Option<Entry> {
        self.close(id);
        let entry = self.entries.remove(id)?;
        if let Some(address) = entry.address.as_deref()
            && let Some(count) = self.by_address.get_mut(address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(address);
            }
        }
        Some(entry)
    }
}

pub(crate) struct Registry {
    sessions: Mutex<Sessions>,
    max: usize,
    max_per_address: Option<usize>,
    refusals: Arc<Counters>,
    metrics: EngineMetrics,
    timing: Arc<Timing>,
    /// Told when the last entry goes, or the last but one.
    empty: Notify,
}

impl Registry {
    pub(crate) fn new(config: &Config, refusals: Arc<Counters>) -> Self {
        Self {
            sessions: Mutex::default(),
            max: config.max_sessions.unwrap_or(usize::MAX),
            max_per_address: config.max_sessions_per_address,
            refusals,
            metrics: EngineMetrics::new(),
            timing: Arc::new(timing(config)),
            empty: Notify::new(),
        }
    }

    /// What counts the engine's refusals.
    pub(crate) fn refusals(&self) -> &Arc<Counters> {
        &self.refusals
    }

    pub(crate) fn metrics(&self) -> &EngineMetrics {
        &self.metrics
    }

    /// Enters a new session, which counts under this address.
    pub(crate) fn register(
        self: &Arc<Self>,
        outbox: Arc<Outbox>,
        commands: Option<mpsc::Sender<Command>>,
        address: Option<IpAddr>,
    ) -> Result<Registration, OpenError> {
        let id = SessionId::generate().map_err(OpenError::Random)?;
        let mut sessions = self.sessions.lock();
        match sessions.closed_to {
            ClosedTo::Nobody => {}
            ClosedTo::New => return Err(OpenError::Draining),
            ClosedTo::All => return Err(OpenError::ShuttingDown),
        }
        // One that is closing has a task and an outbox still.
        if sessions.entries.len() >= self.max {
            self.refusals.sessions.add();
            return Err(OpenError::Full);
        }
        let counted = self.max_per_address.zip(address);
        if let Some((max, address)) = counted {
            let count = sessions.by_address.entry(address).or_default();
            if *count >= max {
                let unused = *count == 0;
                if unused {
                    sessions.by_address.remove(&address);
                }
                self.refusals.sessions_per_address.add();
                return Err(OpenError::FullForAddress);
            }
            *count += 1;
        }
        sessions.open += 1;
        let address = counted.map(|(_, address)| Box::new(address));
        sessions.entries.insert(id.clone(), Entry { outbox, commands, open: true, address, task: None });
        Ok(Registration { registry: self.clone(), id, metrics: self.metrics.session() })
    }

    pub(crate) fn find(&self, id: &str) -> Found {
        match self.sessions.lock().entries.get_key_value(id) {
            Some((id, Entry { commands: Some(commands), .. })) if !commands.is_closed() => {
                Found::Polling(commands.clone(), id.clone())
            }
            Some((_, Entry { commands: None, open: true, .. })) => Found::WebSocket,
            _ => Found::Unknown,
        }
    }

    /// Sessions that have not begun to close.
    pub(crate) fn len(&self) -> usize {
        self.sessions.lock().open
    }

    /// Tells the handle by which the session's task can be ended.
    pub(crate) fn set_task(&self, id: &SessionId, task: AbortHandle) {
        if let Some(entry) = self.sessions.lock().entries.get_mut(id) {
            entry.task = Some(task);
        }
    }

    pub(crate) fn close_all(&self, reason: CloseReason) {
        let outboxes: Vec<_> =
            self.sessions.lock().entries.values().map(|entry| entry.outbox.clone()).collect();
        for outbox in outboxes {
            match reason {
                CloseReason::ServerShuttingDown => outbox.shut_down(),
                _ => outbox.close(reason),
            }
        }
    }

    /// Lets nobody in any more.
    pub(crate) fn refuse(&self) {
        self.sessions.lock().closed_to = ClosedTo::All;
    }

    /// Lets nobody new in; those who are inside, with the means to close them.
    pub(crate) fn drain(&self) -> Vec<Arc<Outbox>> {
        let mut sessions = self.sessions.lock();
        sessions.closed_to = sessions.closed_to.max(ClosedTo::New);
        sessions.entries.values().map(|entry| entry.outbox.clone()).collect()
    }

    /// Whether nobody new is let in.
    pub(crate) fn is_draining(&self) -> bool {
        self.sessions.lock().closed_to != ClosedTo::Nobody
    }

    pub(crate) fn backlog(&self) -> Backlog {
        let sessions = self.sessions.lock();
        let mut backlog = Backlog { dropped: sessions.dropped, ..Backlog::default() };
        for entry in sessions.entries.values() {
            backlog.bytes += entry.outbox.queued_bytes();
            backlog.frames += entry.outbox.queued_frames();
            backlog.dropped += entry.outbox.dropped();
        }
        backlog
    }

    /// Ends all tasks where they are, but for the one that asks for it.
    pub(crate) fn abort_all(&self) {
        let own = tokio::task::try_id();
        let tasks: Vec<_> =
            self.sessions.lock().entries.values().filter_map(|entry| entry.task.clone()).collect();
        for task in tasks.into_iter().filter(|task| Some(task.id()) != own) {
            task.abort();
        }
    }

    /// Waits until no task of a session is left. Called within one, as by a handler, it does not wait for that one, which waits for it.
    pub(crate) async fn wait_empty(&self) {
        let own = tokio::task::try_id();
        let is_own = |entry: &Entry| own.is_some() && entry.task.as_ref().map(AbortHandle::id) == own;
        loop {
            let empty = self.empty.notified();
            tokio::pin!(empty);
            empty.as_mut().enable();
            {
                let sessions = self.sessions.lock();
                if sessions.entries.len() <= 1 && sessions.entries.values().all(is_own) {
                    return;
                }
            }
            empty.await;
        }
    }
}

/// A session's place in the registry; dropping it gives the place up.
pub(crate) struct Registration {
    registry: Arc<Registry>,
    id: SessionId,
    pub(crate) metrics: SessionMetrics,
}

impl Registration {
    pub(crate) fn id(&self) -> &SessionId {
        &self.id
    }

    /// The engine's times.
    pub(crate) fn timing(&self) -> Arc<Timing> {
        Arc::clone(&self.registry.timing)
    }

    /// The session has begun to close: it no longer counts. A polling one can still be found, for its last GET.
    pub(crate) fn closed(&self) {
        self.registry.sessions.lock().close(&self.id);
    }

    pub(crate) fn refusals(&self) -> &Counters {
        &self.registry.refusals
    }

    /// The session has left polling for WebSocket.
    pub(crate) fn upgraded(&self) {
        self.metrics.upgraded();
        let mut sessions = self.registry.sessions.lock();
        let commands = sessions.entries.get_mut(&self.id).and_then(|entry| entry.commands.take());
        drop(sessions);
        drop(commands);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut sessions = self.registry.sessions.lock();
        let entry = sessions.remove(&self.id);
        sessions.dropped += entry.as_ref().map_or(0, |entry| entry.outbox.dropped());
        let few = sessions.entries.len() <= 1;
        drop(sessions);
        drop(entry);
        if few {
            self.registry.empty.notify_waiters();
        }
    }
}

fn timing(config: &Config) -> Timing {
    Timing {
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        upgrade_timeout: config.upgrade_timeout,
        flush_timeout: config.flush_timeout,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(max: Option<usize>) -> Arc<Registry> {
        let config = Config { max_sessions: max, ..Config::default() };
        Arc::new(Registry::new(&config, Arc::default()))
    }

    fn register(registry: &Arc<Registry>) -> Result<Registration, OpenError> {
        registry.register(Arc::new(Outbox::new(100)), None, None)
    }

    #[test]
    fn a_session_counts_until_it_closes_and_is_found_until_then() {
        let registry = registry(None);
        let one = register(&registry).unwrap();
        let two = register(&registry).unwrap();
        assert_eq!(registry.len(), 2);
        assert!(matches!(registry.find(one.id().as_str()), Found::WebSocket));
        one.closed();
        one.closed();
        assert_eq!(registry.len(), 1);
        assert!(matches!(registry.find(one.id().as_str()), Found::Unknown));
        drop(one);
        assert_eq!(registry.len(), 1);
        drop(two);
        assert_eq!(registry.len(), 0);
        assert!(registry.sessions.lock().entries.is_empty());
    }

    #[test]
    fn a_polling_session_is_found_as_long_as_its_task_listens() {
        let registry = registry(None);
        let (commands, task) = mpsc::channel(1);
        let session = registry.register(Arc::new(Outbox::new(100)), Some(commands), None).unwrap();
        session.closed();
        assert!(matches!(registry.find(session.id().as_str()), Found::Polling(..)));
        drop(task);
        assert!(matches!(registry.find(session.id().as_str()), Found::Unknown));
    }

    #[test]
    fn there_are_no_more_than_allowed_and_none_during_the_shutdown() {
        let registry = registry(Some(1));
        let one = register(&registry).unwrap();
        assert!(matches!(register(&registry), Err(OpenError::Full)));
        drop(one);
        let one = register(&registry).unwrap();
        registry.refuse();
        drop(one);
        assert!(matches!(register(&registry), Err(OpenError::ShuttingDown)));
    }

    #[test]
    fn an_address_has_no_more_than_its_share_and_leaves_nothing_behind() {
        let config = Config { max_sessions_per_address: Some(1), ..Config::default() };
        let registry = Arc::new(Registry::new(&config, Arc::default()));
        let open = |address: Option<IpAddr>| registry.register(Arc::new(Outbox::new(100)), None, address);
        let (here, there) = (IpAddr::from([1, 1, 1, 1]), IpAddr::from([2, 2, 2, 2]));
        let one = open(Some(here)).unwrap();
        assert!(matches!(open(Some(here)), Err(OpenError::FullForAddress)));
        let others = [open(Some(there)).unwrap(), open(None).unwrap(), open(None).unwrap()];
        assert_eq!(registry.refusals.read().sessions_per_address, 1);
        one.closed();
        assert!(open(Some(here)).is_err(), "one that is closing is still held");
        drop(one);
        let again = open(Some(here)).unwrap();
        drop((again, others));
        assert!(registry.sessions.lock().by_address.is_empty());
    }

    #[tokio::test]
    async fn emptiness_is_waited_for() {
        let registry = registry(None);
        registry.wait_empty().await;
        let session = register(&registry).unwrap();
        let waiting = tokio::spawn({
            let registry = registry.clone();
            async move { registry.wait_empty().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(session);
        waiting.await.unwrap();
    }
}
