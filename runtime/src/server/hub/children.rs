//! The dynamic namespaces of a server: those that somebody is in or joins, and those that somebody who was cut off may come back to.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::super::{namespace::NamespaceCore, recovery::Memory};

/// Bounded by the connections and the namespaces each may join, and by `max_vacant`.
#[derive(Default)]
pub(super) struct Children {
    by_path: HashMap<Arc<str>, Child>,
    /// Those that nobody is in, by when the last one left.
    vacant: BTreeMap<u64, Arc<str>>,
    vacated: u64,
    /// Most of them that are kept; those longest empty go first.
    max_vacant: usize,
}

/// A dynamic namespace.
struct Child {
    core: Arc<NamespaceCore>,
    /// How many connections are in it or join.
    seats: usize,
    /// Its place among the vacant.
    vacant: Option<u64>,
}

impl Children {
    pub(super) fn new(max_vacant: usize) -> Self {
        Self { max_vacant, ..Self::default() }
    }

    pub(super) fn get(&self, path: &str) -> Option<&Arc<NamespaceCore>> {
        self.by_path.get(path).map(|child| &child.core)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<NamespaceCore>> {
        self.by_path.values().map(|child| &child.core)
    }

    /// Gives somebody a seat in the namespace at this path, if it is there.
    pub(super) fn sit(&mut self, path: &str) -> Option<Arc<NamespaceCore>> {
        let child = self.by_path.get_mut(path)?;
        child.seats += 1;
        if let Some(place) = child.vacant.take() {
            self.vacant.remove(&place);
        }
        Some(Arc::clone(&child.core))
    }

    /// Adds a namespace with somebody in it.
    pub(super) fn insert(&mut self, core: Arc<NamespaceCore>) {
        self.by_path.insert(Arc::clone(&core.path), Child { core, seats: 1, vacant: None });
    }

    /// Takes a seat back. Returns what is gone with that: it may hold what is the user's, and is to be dropped without the lock.
    #[must_use]
    pub(super) fn leave(&mut self, path: &str) -> Option<Arc<NamespaceCore>> {
        let child = self.by_path.get_mut(path)?;
        child.seats -= 1;
        if child.seats > 0 {
            return None;
        }
        if !is_awaited(&child.core) {
            return Some(self.by_path.remove(path)?.core);
        }
        self.vacated += 1;
        child.vacant = Some(self.vacated);
        self.vacant.insert(self.vacated, Arc::clone(&child.core.path));
        if self.vacant.len() <= self.max_vacant {
            return None;
        }
        let (_, path) = self.vacant.pop_first()?;
        Some(self.by_path.remove(&path)?.core)
    }

    /// Takes out the vacant ones that nobody may come back to.
    #[must_use]
    pub(super) fn prune(&mut self) -> Vec<Arc<NamespaceCore>> {
        let by_path = &mut self.by_path;
        let mut gone = Vec::new();
        self.vacant.retain(|_, path| {
            let awaited = by_path.get(path).is_some_and(|child| is_awaited(&child.core));
            if !awaited {
                gone.extend(by_path.remove(path).map(|child| child.core));
            }
            awaited
        });
        gone
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.by_path.is_empty() && self.vacant.is_empty()
    }
}

fn is_awaited(core: &NamespaceCore) -> bool {
    core.memory.as_deref().is_some_and(Memory::is_awaited)
}
