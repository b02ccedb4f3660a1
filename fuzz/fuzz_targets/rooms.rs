//! Rooms against a naive model: sets of names.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sockeye::{
    JoinError,
    fuzzing::{Namespace, Peer},
};

#[derive(Arbitrary, Debug)]
enum Step {
    Insert(u8),
    Remove(u8),
    Join(u8, u8),
    Leave(u8, u8),
    Broadcast { to: Vec<u8>, except: Vec<u8> },
}

/// Two peers for each own room, as when a client comes back while what it was before is still leaving.
const PEERS: usize = 8;
const OWN: usize = 4;
const LIMIT: usize = 5;
const NAMES: [&str; 10] = ["own0", "own1", "own2", "own3", "a", "b", "c", "d", "e", ""];

#[derive(Default)]
struct Model {
    /// Own room → who has it.
    everyone: BTreeMap<&'static str, usize>,
    joined: [BTreeSet<&'static str>; PEERS],
    gone: [bool; PEERS],
}

impl Model {
    fn members(&self, room: &str) -> BTreeSet<usize> {
        let joined = (0..PEERS).filter(|peer| self.joined[*peer].contains(room));
        joined.chain(self.everyone.get(room).copied()).collect()
    }

    fn union(&self, rooms: &[&str]) -> BTreeSet<usize> {
        rooms.iter().flat_map(|room| self.members(room)).collect()
    }
}

fuzz_target!(|steps: Vec<Step>| {
    let peers: Vec<Peer> = (0..PEERS).map(|peer| Peer::new(NAMES[peer % OWN])).collect();
    let (namespace, mut model) = (Namespace::new(), Model::default());
    let peer = |number: u8| usize::from(number) % PEERS;
    let name = |number: u8| NAMES[usize::from(number) % NAMES.len()];
    for step in steps {
        match step {
            Step::Insert(number) => {
                let number = peer(number);
                let before = model.everyone.insert(NAMES[number % OWN], number);
                assert_eq!(namespace.insert(&peers[number]), before.is_some());
            }
            Step::Remove(number) => {
                let number = peer(number);
                namespace.remove(&peers[number]);
                model.joined[number].clear();
                model.gone[number] = true;
                if model.everyone.get(NAMES[number % OWN]) == Some(&number) {
                    model.everyone.remove(NAMES[number % OWN]);
                }
            }
            Step::Join(number, room) => {
                let (number, room) = (peer(number), name(room));
                let joined = &mut model.joined[number];
                let expected = match () {
                    () if room == NAMES[number % OWN] => Ok(()),
                    () if model.gone[number] => Err(JoinError::Closed),
                    () if joined.contains(room) => Ok(()),
                    () if joined.len() >= LIMIT => Err(JoinError::TooMany),
                    () => {
                        joined.insert(room);
                        Ok(())
                    }
                };
                assert_eq!(namespace.join(&peers[number], room, LIMIT), expected);
            }
            Step::Leave(number, room) => {
                namespace.leave(&peers[peer(number)], name(room));
                model.joined[peer(number)].remove(name(room));
            }
            Step::Broadcast { to, except } => {
                let list =
                    |numbers: &[u8]| numbers.iter().take(4).map(|room| name(*room)).collect::<Vec<_>>();
                let (to, except) = (list(&to), list(&except));
                namespace.broadcast(&to, &except);
                let mut expected = match to.is_empty() {
                    true => model.everyone.values().copied().collect(),
                    false => model.union(&to),
                };
                expected = &expected - &model.union(&except);
                for (number, peer) in peers.iter().enumerate() {
                    let (copies, taken) = (usize::from(expected.contains(&number)), peer.take());
                    // Who has lost its name to another is closed, and gets nothing in any case.
                    let is_there = model.everyone.get(NAMES[number % OWN]) == Some(&number);
                    assert!(taken == copies || !is_there, "peer {number}, to {to:?} except {except:?}");
                }
            }
        }
        let rooms: BTreeSet<_> = model.joined.iter().flatten().collect();
        assert_eq!(namespace.counts(), (rooms.len(), model.everyone.len()));
        for (peer, joined) in peers.iter().zip(&model.joined) {
            assert!(peer.rooms().iter().eq(joined.iter()));
        }
    }
});
