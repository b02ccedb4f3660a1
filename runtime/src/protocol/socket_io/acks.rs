//! The answers that are outstanding, and when they are given up.
//!
//! Knows neither what waits for an answer nor what time it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// Outstanding acks with their deadlines. An empty table holds no memory.
#[derive(Debug)]
pub struct AckTable<W> {
    /// `None` if there are none: every socket has a table, and few wait for anything.
    some: Option<Box<Outstanding<W>>>,
    limit: usize,
}

#[derive(Debug)]
struct Outstanding<W> {
    waiting: BTreeMap<u64, (Instant, W)>,
    /// The same, in the order of the deadlines: an answer takes its entry out of both, so that nothing stays behind.
    deadlines: BTreeSet<(Instant, u64)>,
}

impl<W> AckTable<W> {
    /// An empty table that takes up to `limit` acks.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { some: None, limit }
    }

    /// Lets `waiter` wait for the answer to `id` until `deadline`.
    ///
    /// # Errors
    ///
    /// Gives the waiter back if the table is full, or if `id` is waited for already.
    pub fn insert(&mut self, id: u64, deadline: Instant, waiter: W) -> Result<(), W> {
        if self.len() >= self.limit {
            return Err(waiter);
        }
        let empty = || Box::new(Outstanding { waiting: BTreeMap::new(), deadlines: BTreeSet::new() });
        let some = self.some.get_or_insert_with(empty);
        if some.waiting.contains_key(&id) {
            return Err(waiter);
        }
        some.waiting.insert(id, (deadline, waiter));
        some.deadlines.insert((deadline, id));
        Ok(())
    }

    /// Who waits for the answer to `id`; it waits no longer. `None` for an answer that nobody waits for: it came too late, or
    /// twice, or the peer has made up its id.
    pub fn take(&mut self, id: u64) -> Option<W> {
        let some = self.some.as_mut()?;
        let (deadline, waiter) = some.waiting.remove(&id)?;
        some.deadlines.remove(&(deadline, id));
        self.shrink();
        Some(waiter)
    }

    /// Takes those whose deadline is not after `now`, the earliest first.
    pub fn expire(&mut self, now: Instant, mut expired: impl FnMut(u64, W)) {
        let Some(Outstanding { waiting, deadlines }) = self.some.as_deref_mut() else { return };
        while let Some(&(deadline, id)) = deadlines.first()
            && deadline <= now
        {
            deadlines.pop_first();
            if let Some((_, waiter)) = waiting.remove(&id) {
                expired(id, waiter);
            }
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        if self.is_empty() {
            self.some = None;
        }
    }

    /// When [`expire`](Self::expire) has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.some.as_ref()?.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// Takes all, in the order of their ids.
    pub fn drain(&mut self) -> impl Iterator<Item = (u64, W)> + use<W> {
        let waiting = self.some.take().map(|some| some.waiting).unwrap_or_default();
        waiting.into_iter().map(|(id, (_, waiter))| (id, waiter))
    }

    /// How many are outstanding.
    #[must_use]
    pub fn len(&self) -> usize {
        self.some.as_ref().map_or(0, |some| some.waiting.len())
    }

    /// Whether none is outstanding.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_table_gives_the_waiter_back() {
        let mut table = AckTable::new(1);
        let now = Instant::now();
        assert_eq!(table.insert(1, now, 'a'), Ok(()));
        assert_eq!(table.insert(2, now, 'b'), Err('b'));
        assert_eq!(table.take(1), Some('a'));
        assert_eq!(table.insert(2, now, 'b'), Ok(()));
    }

    #[test]
    fn a_second_waiter_for_the_same_id_is_given_back() {
        let mut table = AckTable::new(9);
        let now = Instant::now();
        assert_eq!(table.insert(1, now, 'a'), Ok(()));
        assert_eq!(table.insert(1, now + Duration::from_secs(1), 'b'), Err('b'));
        assert_eq!(table.take(1), Some('a'));
        assert_eq!((table.take(1), table.next_deadline()), (None, None));
    }

    #[test]
    fn answered_acks_leave_nothing_behind() {
        let mut table = AckTable::new(100);
        let start = Instant::now();
        for id in 0..200_000 {
            assert_eq!(table.insert(id, start + Duration::from_secs(id), ()), Ok(()));
            if id >= 50 {
                assert_eq!(table.take(id - 50), Some(()));
            }
        }
        assert_eq!((table.len(), table.some.as_ref().unwrap().deadlines.len()), (50, 50));
        assert_eq!(table.drain().count(), 50);
        assert_eq!((table.len(), table.some.is_none()), (0, true));
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(u64, u64),
        Take(u64),
        Expire(u64),
        Drain,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0u64..12, 0u64..20).prop_map(|(id, deadline)| Step::Insert(id, deadline)),
            4 => (0u64..12).prop_map(Step::Take),
            2 => (0u64..20).prop_map(Step::Expire),
            1 => Just(Step::Drain),
        ]
    }

    proptest! {
        #[test]
        fn it_does_what_a_plain_list_would(steps in prop::collection::vec(step(), 0..60), limit in 0usize..8) {
            let start = Instant::now();
            let at = |seconds| start + Duration::from_secs(seconds);
            let mut table = AckTable::new(limit);
            // Id, deadline, waiter.
            let mut list: Vec<(u64, Instant, usize)> = Vec::new();
            for (waiter, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Insert(id, deadline) => {
                        let fits = list.len() < limit && list.iter().all(|entry| entry.0 != id);
                        prop_assert_eq!(table.insert(id, at(deadline), waiter), if fits { Ok(()) } else { Err(waiter) });
                        if fits {
                            list.push((id, at(deadline), waiter));
                        }
                    }
                    Step::Take(id) => {
                        let found = list.iter().position(|entry| entry.0 == id).map(|i| list.remove(i).2);
                        prop_assert_eq!(table.take(id), found);
                    }
                    Step::Expire(now) => {
                        let (mut late, rest): (Vec<_>, Vec<_>) = list.into_iter().partition(|entry| entry.1 <= at(now));
                        list = rest;
                        late.sort_by_key(|entry| (entry.1, entry.0));
                        let mut expired = Vec::new();
                        table.expire(at(now), |id, waiter| expired.push((id, waiter)));
                        prop_assert_eq!(expired, late.iter().map(|entry| (entry.0, entry.2)).collect::<Vec<_>>());
                    }
                    Step::Drain => {
                        list.sort();
                        let all: Vec<_> = list.drain(..).map(|entry| (entry.0, entry.2)).collect();
                        prop_assert_eq!(table.drain().collect::<Vec<_>>(), all);
                    }
                }
                prop_assert_eq!(table.len(), list.len());
                prop_assert_eq!(table.some.as_ref().map_or(0, |some| some.deadlines.len()), list.len());
                prop_assert_eq!(table.some.is_none(), list.is_empty());
                prop_assert_eq!(table.next_deadline(), list.iter().map(|entry| entry.1).min());
            }
        }
    }
}
