//! The server's side of the accounts: what became of each socket, and what was wrong.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use sockeye::CloseReason;
use tokio::sync::Notify;

/// What is counted for one socket; it stays the same when the socket is recovered.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) up: u64,
    /// Numbered events that were sent to it, or kept for it.
    pub(crate) down: u64,
}

/// One socket, or several after each other if it was recovered.
#[derive(Default)]
pub(crate) struct Account {
    /// How often `connected` and `disconnected` ran.
    pub(crate) begun: u64,
    pub(crate) ended: u64,
    pub(crate) counts: Arc<Mutex<Counts>>,
    pub(crate) reason: Option<CloseReason>,
    /// Sends numbered events to it, though it may be away.
    pub(crate) poke: Option<Arc<dyn Fn(u32) + Send + Sync>>,
}

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) accounts: Mutex<HashMap<u64, Account>>,
    changed: Notify,
    pub(crate) begun: AtomicU64,
    pub(crate) ended: AtomicU64,
    pub(crate) emitted: AtomicU64,
    pub(crate) answered: AtomicU64,
    pub(crate) unanswered: AtomicU64,
    pub(crate) polled: AtomicU64,
    wrongs: Mutex<Vec<String>>,
}

/// More of them say nothing new.
const MAX_WRONGS: usize = 50;

impl Ledger {
    pub(crate) fn wrong(&self, what: String) {
        let mut wrongs = self.wrongs.lock();
        if wrongs.len() < MAX_WRONGS {
            wrongs.push(what);
        }
    }

    pub(crate) fn wrongs(&self) -> Vec<String> {
        self.wrongs.lock().clone()
    }

    pub(crate) fn change(&self, token: u64, change: impl FnOnce(&mut Account)) {
        change(self.accounts.lock().entry(token).or_default());
        self.changed.notify_waiters();
    }

    /// Waits until no socket of this token is open, and at least `lives` have ended.
    pub(crate) async fn over(&self, token: u64, lives: u64) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let over = match self.accounts.lock().get(&token) {
                Some(account) => account.ended >= lives && account.begun == account.ended,
                None => lives == 0,
            };
            if over {
                return;
            }
            changed.await;
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
