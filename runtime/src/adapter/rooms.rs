//! The index of rooms: which members are in which room, and which rooms a member is in.
//!
//! Each room is a dense vector, so that a broadcast walks memory in order; each member knows its place in each of its rooms, so
//! that leaving is a swap. Lock order: a room's shard, then a member's list. No user code runs under either.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, atomic::Ordering},
};

use super::{Room, Target};
use crate::engine::{
    metrics::Gauge,
    sync::{AtomicUsize, Mutex, RwLock},
};

/// Shards of the map of rooms: enough that two cores rarely meet in one.
const SHARDS: usize = 16;

/// What can be in a room.
pub(crate) trait Member: Send + Sync {
    /// The name of the room that holds only this member.
    fn own_room(&self) -> &str;
    /// The same, to keep.
    fn own_key(&self) -> Arc<str> {
        self.own_room().into()
    }
    /// Where its memberships are kept.
    fn memberships(&self) -> &Memberships;
}

/// The rooms of one member, with its place in each.
#[derive(Debug, Default)]
pub(crate) struct Memberships(Mutex<MembershipList>);

#[derive(Debug, Default)]
struct MembershipList {
    rooms: Vec<(Room, usize)>,
    /// Set when the member has left for good: it can join nothing any more.
    closed: bool,
}

impl Memberships {
    /// The rooms, sorted by name.
    pub(crate) fn rooms(&self) -> Vec<Room> {
        let mut rooms: Vec<Room> = self.0.lock().rooms.iter().map(|(room, _)| room.clone()).collect();
        rooms.sort();
        rooms
    }

    /// Whether it is in this room.
    pub(crate) fn contains(&self, room: &str) -> bool {
        self.0.lock().rooms.iter().any(|(name, _)| name.as_str() == room)
    }
}

/// Why a room could not be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// The socket is closed.
    Closed,
    /// The socket is in as many rooms as it may be.
    TooMany,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the socket is closed",
            Self::TooMany => "the socket is in as many rooms as it may be",
        })
    }
}

impl Error for JoinError {}

struct Everyone<M> {
    dense: Vec<Arc<M>>,
    places: HashMap<Arc<str>, usize>,
}

/// All members of a namespace and their rooms.
pub(crate) struct Rooms<M> {
    shards: Box<[RwLock<HashMap<Room, Vec<Arc<M>>>>]>,
    hasher: RandomState,
    everyone: RwLock<Everyone<M>>,
    /// Rooms with a member.
    count: AtomicUsize,
    rooms_gauge: Gauge,
    members_gauge: Gauge,
}

impl<M: Member> Rooms<M> {
    #[cfg(any(test, fuzzing))]
    pub(crate) fn new() -> Self {
        Self::counted(Gauge::default(), Gauge::default())
    }

    /// One that tells of its rooms and members.
    pub(crate) fn counted(rooms_gauge: Gauge, members_gauge: Gauge) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
            everyone: RwLock::new(Everyone { dense: Vec::new(), places: HashMap::new() }),
            count: AtomicUsize::new(0),
            rooms_gauge,
            members_gauge,
        }
    }

    fn shard(&self, room: &str) -> &RwLock<HashMap<Room, Vec<Arc<M>>>> {
        let index = self.hasher.hash_one(room) as usize % SHARDS;
        &self.shards[index]
    }

    /// Adds a member; it gets broadcasts to everyone and to its own room from now on. Returns the one whose name it has taken over.
    pub(crate) fn insert(&self, member: Arc<M>) -> Option<Arc<M>> {
        let mut everyone = self.everyone.write();
        let Everyone { dense, places } = &mut *everyone;
        match places.get(member.own_room()).and_then(|place| dense.get_mut(*place)) {
            // It has come back while the one it was before is still leaving.
            Some(before) => Some(std::mem::replace(before, member)),
            None => {
                places.insert(member.own_key(), dense.len());
                dense.push(member);
                drop(everyone);
                self.members_gauge.add();
                None
            }
        }
    }

    /// Takes a member out of everything; it can join nothing afterwards.
    pub(crate) fn remove(&self, member: &M) {
        let rooms = {
            let mut list = member.memberships().0.lock();
            list.closed = true;
            list.rooms.iter().map(|(room, _)| room.clone()).collect::<Vec<_>>()
        };
        for room in &rooms {
            self.leave(member, room);
        }
        let removed = {
            let mut everyone = self.everyone.write();
            let Some(place) = everyone.places.get(member.own_room()).copied() else { return };
            // Another may have come back under the same name.
            if !everyone.dense.get(place).is_some_and(|found| std::ptr::eq(Arc::as_ptr(found), member)) {
                return;
            }
            everyone.places.remove(member.own_room());
            let removed = everyone.dense.swap_remove(place);
            let moved = everyone.dense.get(place).map(|member| member.own_room().to_owned());
            if let Some(place_of_moved) = moved.and_then(|name| everyone.places.get_mut(name.as_str())) {
                *place_of_moved = place;
            }
            removed
        };
        self.members_gauge.subtract();
        // Outside the lock: it may be the last reference.
        drop(removed);
    }

    /// Adds a member to a room; does nothing if it is in it.
    pub(crate) fn join(&self, member: &Arc<M>, room: &Room, limit: usize) -> Result<(), JoinError> {
        if room.as_str() == member.own_room() {
            return Ok(());
        }
        let mut shard = self.shard(room.as_str()).write();
        let mut list = member.memberships().0.lock();
        if list.closed {
            return Err(JoinError::Closed);
        }
        if list.rooms.iter().any(|(name, _)| name == room) {
            return Ok(());
        }
        if list.rooms.len() >= limit {
            return Err(JoinError::TooMany);
        }
        let members = shard.entry(room.clone()).or_default();
        let first = members.is_empty();
        list.rooms.push((room.clone(), members.len()));
        members.push(Arc::clone(member));
        if first {
            self.count.fetch_add(1, Ordering::Relaxed);
            drop(list);
            drop(shard);
            self.rooms_gauge.add();
        }
        Ok(())
    }

    /// Takes a member out of a room; does nothing if it is not in it.
    pub(crate) fn leave(&self, member: &M, room: &Room) {
        let mut shard = self.shard(room.as_str()).write();
        let place = {
            let mut list = member.memberships().0.lock();
            let Some(index) = list.rooms.iter().position(|(name, _)| name == room) else { return };
            list.rooms.swap_remove(index).1
        };
        let Some(members) = shard.get_mut(room) else { return };
        let removed = members.swap_remove(place);
        if let Some(moved) = members.get(place) {
            let mut list = moved.memberships().0.lock();
            if let Some(entry) = list.rooms.iter_mut().find(|(name, _)| name == room) {
                entry.1 = place;
            }
        }
        let last = members.is_empty();
        if last {
            shard.remove(room);
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
        drop(shard);
        if last {
            self.rooms_gauge.subtract();
        }
        drop(removed);
    }

    /// The member whose own room this is.
    pub(crate) fn find(&self, own_room: &str) -> Option<Arc<M>> {
        let everyone = self.everyone.read();
        everyone.places.get(own_room).and_then(|place| everyone.dense.get(*place)).cloned()
    }

    /// Visits each member of the target once. A lock is held meanwhile: the visit must be short and run no user code.
    pub(crate) fn visit(&self, target: &Target, mut visit: impl FnMut(&Arc<M>)) {
        // `to(room)` from a socket excludes just that socket: no set is needed for it.
        let excluded = match target.except.as_slice() {
            [] => Excluded::Nobody,
            [room] if self.holds_one_only(room.as_str()) => Excluded::Own(room.as_str()),
            rooms => {
                let mut set = HashSet::new();
                for room in rooms {
                    self.visit_room(room.as_str(), |member| {
                        set.insert(Arc::as_ptr(member));
                    });
                }
                Excluded::Set(set)
            }
        };
        let mut visit = |member: &Arc<M>| {
            let skip = match &excluded {
                Excluded::Nobody => false,
                Excluded::Own(name) => member.own_room() == *name,
                Excluded::Set(set) => set.contains(&Arc::as_ptr(member)),
            };
            if !skip {
                visit(member);
            }
        };
        match target.rooms.as_slice() {
            [] => self.everyone.read().dense.iter().for_each(visit),
            [room] => self.visit_room(room.as_str(), visit),
            rooms => {
                let mut seen = HashSet::new();
                for room in rooms {
                    self.visit_room(room.as_str(), |member| {
                        if seen.insert(Arc::as_ptr(member)) {
                            visit(member);
                        }
                    });
                }
            }
        }
    }

    /// Whether this is the room of a member alone: others may have joined a room of its name.
    fn holds_one_only(&self, room: &str) -> bool {
        self.find(room).is_some() && !self.shard(room).read().contains_key(room)
    }

    /// The members of one room: a room that was joined, and the member whose own room it is.
    fn visit_room(&self, room: &str, mut visit: impl FnMut(&Arc<M>)) {
        if let Some(members) = self.shard(room).read().get(room) {
            members.iter().for_each(&mut visit);
        }
        if let Some(member) = self.find(room) {
            visit(&member);
        }
    }

    /// Rooms with a member, own rooms not counted.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Members.
    pub(crate) fn len(&self) -> usize {
        self.everyone.read().dense.len()
    }
}

enum Excluded<'a, M> {
    Nobody,
    Own(&'a str),
    Set(HashSet<*const M>),
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    struct Peer(String, Memberships);

    impl Member for Peer {
        fn own_room(&self) -> &str {
            &self.0
        }
        fn memberships(&self) -> &Memberships {
            &self.1
        }
    }

    fn peers(n: usize) -> Vec<Arc<Peer>> {
        (0..n).map(|i| Arc::new(Peer(format!("own{i}"), Memberships::default()))).collect()
    }

    fn selected(rooms: &Rooms<Peer>, target: &Target) -> Vec<String> {
        let mut names = Vec::new();
        rooms.visit(target, |peer| names.push(peer.0.clone()));
        names.sort();
        names
    }

    #[test]
    fn a_member_of_two_target_rooms_is_visited_once() {
        let (rooms, peers) = (Rooms::new(), peers(3));
        for peer in &peers {
            rooms.insert(peer.clone());
            rooms.join(peer, &"a".into(), 10).unwrap();
        }
        rooms.join(&peers[0], &"b".into(), 10).unwrap();
        let target = Target::default().to(["a", "b", "own0"]).except("own2");
        assert_eq!(selected(&rooms, &target), ["own0", "own1"]);
    }

    #[test]
    fn excluding_an_own_room_excludes_those_who_joined_it_too() {
        let (rooms, peers) = (Rooms::new(), peers(3));
        for peer in &peers {
            rooms.insert(peer.clone());
        }
        let target = Target::default().except("own0");
        assert_eq!(selected(&rooms, &target), ["own1", "own2"]);
        rooms.join(&peers[1], &"own0".into(), 10).unwrap();
        assert_eq!(selected(&rooms, &target), ["own2"]);
    }

    #[test]
    fn a_removed_member_leaves_nothing_behind_and_cannot_join() {
        let (rooms, peers) = (Rooms::new(), peers(1));
        rooms.insert(peers[0].clone());
        rooms.join(&peers[0], &"a".into(), 10).unwrap();
        rooms.remove(&peers[0]);
        assert_eq!((rooms.len(), rooms.count()), (0, 0));
        assert_eq!(rooms.join(&peers[0], &"a".into(), 10), Err(JoinError::Closed));
        assert_eq!(Arc::strong_count(&peers[0]), 1);
    }

    #[test]
    fn rooms_of_one_member_are_limited() {
        let (rooms, peers) = (Rooms::new(), peers(1));
        rooms.insert(peers[0].clone());
        rooms.join(&peers[0], &"a".into(), 1).unwrap();
        assert_eq!(rooms.join(&peers[0], &"a".into(), 1), Ok(()));
        assert_eq!(rooms.join(&peers[0], &"b".into(), 1), Err(JoinError::TooMany));
    }

    #[derive(Clone, Debug)]
    enum Op {
        Insert(usize),
        Remove(usize),
        Join(usize, u8),
        Leave(usize, u8),
        Check(Vec<u8>, Vec<u8>),
    }

    fn op() -> impl Strategy<Value = Op> {
        let rooms = || prop::collection::vec(0..6u8, 0..3);
        prop_oneof![
            (0..5usize).prop_map(Op::Insert),
            (0..5usize).prop_map(Op::Remove),
            (0..5usize, 0..4u8).prop_map(|(m, r)| Op::Join(m, r)),
            (0..5usize, 0..4u8).prop_map(|(m, r)| Op::Leave(m, r)),
            (rooms(), rooms()).prop_map(|(to, except)| Op::Check(to, except)),
        ]
    }

    /// Rooms 0–3 are joined ones, 4 and 5 the own rooms of members 0 and 1.
    fn name(room: u8) -> String {
        if room < 4 { format!("r{room}") } else { format!("own{}", room - 4) }
    }

    proptest! {
        #[test]
        fn it_does_what_sets_of_names_would_do(ops in prop::collection::vec(op(), 1..80)) {
            let rooms = Rooms::new();
            let mut members = peers(5);
            let mut present: BTreeSet<usize> = BTreeSet::new();
            let mut naive: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
            for op in ops {
                match op {
                    Op::Insert(m) => if present.insert(m) {
                        members[m] = peers(m + 1).pop().unwrap();
                        rooms.insert(members[m].clone());
                    },
                    Op::Remove(m) => {
                        rooms.remove(&members[m]);
                        present.remove(&m);
                        for set in naive.values_mut() { set.remove(&m); }
                    }
                    Op::Join(m, r) => if present.contains(&m) {
                        rooms.join(&members[m], &name(r).into(), 10).unwrap();
                        naive.entry(name(r)).or_default().insert(m);
                    },
                    Op::Leave(m, r) => {
                        rooms.leave(&members[m], &name(r).into());
                        if let Some(set) = naive.get_mut(&name(r)) { set.remove(&m); }
                    }
                    Op::Check(to, except) => {
                        let of = |r: &u8| -> BTreeSet<usize> {
                            if *r >= 4 { return present.iter().copied().filter(|m| *m == usize::from(*r - 4)).collect() }
                            naive.get(&name(*r)).cloned().unwrap_or_default()
                        };
                        let mut expected: BTreeSet<usize> = if to.is_empty() { present.clone() } else { to.iter().flat_map(of).collect() };
                        for r in &except { for m in of(r) { expected.remove(&m); } }
                        let target = Target::default()
                            .to(to.iter().map(|r| name(*r)).collect::<Vec<_>>())
                            .except(except.iter().map(|r| name(*r)).collect::<Vec<_>>());
                        let expected: Vec<String> = expected.into_iter().map(|m| format!("own{m}")).collect();
                        prop_assert_eq!(selected(&rooms, &target), expected);
                    }
                }
                naive.retain(|_, set| !set.is_empty());
                prop_assert_eq!(rooms.count(), naive.len());
                prop_assert_eq!(rooms.len(), present.len());
            }
        }
    }
}
