//! Anything may happen in any order: what is emitted is sent in order, what is retried is not lost, and every wait has one outcome.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::client::socket::Failure;

#[derive(Clone, Copy, Debug)]
enum Step {
    Emit {
        acked: bool,
        volatile: bool,
        len: usize,
        timeout: u32,
    },
    Join,
    /// The server refuses.
    Refuse,
    /// The connection ends.
    Lose,
    /// It ends, and nobody has told us.
    Break,
    Disconnect,
    /// The outbox is written.
    Write,
    Writable(bool),
    /// The server answers one of the packets that it has.
    Answer(prop::sample::Index),
    /// The user does not wait any more for one of the answers.
    Forget(prop::sample::Index),
    Pass(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let rarely = prop::bool::weighted(0.15);
    prop_oneof![
        12 => (any::<bool>(), rarely, 0usize..200, 1u32..12)
            .prop_map(|(acked, volatile, len, timeout)| Step::Emit { acked, volatile, len, timeout }),
        3 => Just(Step::Join),
        1 => Just(Step::Refuse),
        2 => Just(Step::Lose),
        1 => Just(Step::Break),
        1 => Just(Step::Disconnect),
        4 => Just(Step::Write),
        1 => any::<bool>().prop_map(Step::Writable),
        6 => any::<prop::sample::Index>().prop_map(Step::Answer),
        1 => any::<prop::sample::Index>().prop_map(Step::Forget),
        3 => (1u32..8).prop_map(Step::Pass),
    ]
}

/// A packet that the server got.
#[derive(Clone, Copy, Debug)]
struct Got {
    number: usize,
    id: Option<u64>,
    connection: usize,
}

/// An event that was taken.
#[derive(Clone, Copy, Debug)]
struct Taken {
    volatile: bool,
    acked: bool,
}

struct Wait {
    id: u64,
    receiver: oneshot::Receiver<Answer>,
    since: Instant,
    timeout: Duration,
}

struct World {
    bench: Bench,
    retries: u32,
    limit: usize,
    wire: Option<Arc<Wire>>,
    connections: usize,
    emitted: usize,
    taken: BTreeMap<usize, Taken>,
    got: Vec<Got>,
    waits: BTreeMap<usize, Wait>,
    outcomes: HashMap<usize, Result<String, Failure>>,
    /// Of which the answer has reached us.
    answered: HashSet<usize>,
    /// When connections ended.
    ends: Vec<Instant>,
}

const TIMEOUT: Duration = Duration::from_secs(5);

impl World {
    fn new(retries: u32) -> Self {
        let limit = 1500;
        let options = SocketOptions {
            retries,
            buffer_bytes: limit,
            ack_timeout: TIMEOUT,
            max_acks: 12,
            ..SocketOptions::default()
        };
        Self {
            bench: Bench::new(options),
            retries,
            limit,
            wire: None,
            connections: 0,
            emitted: 0,
            taken: BTreeMap::new(),
            got: Vec::new(),
            waits: BTreeMap::new(),
            outcomes: HashMap::new(),
            answered: HashSet::new(),
            ends: Vec::new(),
        }
    }

    /// What the server has got since, and what has become of the waits.
    fn look(&mut self) -> Result<(), TestCaseError> {
        if let Some(wire) = &self.wire {
            for packet in wire.take() {
                if packet == "1" {
                    continue;
                }
                let at = packet.find('[').unwrap();
                let (_, number, _) = serde_json::from_str::<(String, usize, String)>(&packet[at..]).unwrap();
                let got = Got { number, id: packet[1..at].parse().ok(), connection: self.connections };
                self.check(got)?;
                self.got.push(got);
            }
        }
        let now = self.bench.now;
        let mut over = Vec::new();
        for (number, wait) in &mut self.waits {
            if let Some(outcome) = outcome(&mut wait.receiver) {
                match &outcome {
                    Ok(answer) => prop_assert_eq!(answer, &format!("[{number}]")),
                    Err(Failure::Timeout) => prop_assert!(now >= wait.since + wait.timeout, "too early"),
                    Err(Failure::Disconnected) => {
                        prop_assert!(self.ends.iter().any(|end| *end >= wait.since))
                    }
                }
                over.push(*number);
                self.outcomes.insert(*number, outcome);
            } else if self.retries == 0 {
                prop_assert!(now < wait.since + wait.timeout, "too late");
            }
        }
        for number in over {
            self.waits.remove(&number);
        }
        prop_assert!(self.bench.socket.unsent_bytes() <= self.limit);
        Ok(())
    }

    fn check(&self, got: Got) -> Result<(), TestCaseError> {
        let number = got.number;
        let Taken { volatile, acked } = self.taken[&number];
        let retried = self.retries > 0 && !volatile;
        prop_assert_eq!(got.id.is_some(), acked || retried);
        let again = self.got.iter().any(|before| before.number == number);
        // Order; what is volatile goes past what is retried.
        let apart = |before: &Got| self.retries > 0 && self.taken[&before.number].volatile != volatile;
        let last = self.got.iter().rev().find(|before| !apart(before));
        match retried {
            false => {
                prop_assert!(!again && last.is_none_or(|last| last.number < number));
                prop_assert!(!self.outcomes.contains_key(&number), "sent after its wait was over");
            }
            true => {
                prop_assert!(last.is_none_or(|last| last.number <= number));
                prop_assert!(!(again && self.answered.contains(&number)), "sent again after its answer");
                // One at a time: those before are answered, or have had all their tries.
                if let Some(last) = last.filter(|last| last.number < number) {
                    let tries = self.got.iter().filter(|got| got.number == last.number).count();
                    prop_assert!(self.answered.contains(&last.number) || tries > self.retries as usize);
                }
            }
        }
        Ok(())
    }

    fn run(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Emit { acked, volatile, len, timeout } => self.emit(acked, volatile, len, timeout)?,
            Step::Join if self.wire.is_none() => self.join(400),
            Step::Refuse if self.wire.is_none() => {
                assert!(self.bench.socket.connect_packet(None).unwrap().is_some());
                assert!(self.bench.socket.handle_connect_error());
            }
            Step::Lose => self.lose(false)?,
            Step::Disconnect => self.lose(true)?,
            Step::Break => {
                if let Some(wire) = &self.wire {
                    wire.closed.store(true, Ordering::Relaxed);
                }
            }
            Step::Write => self.write(),
            Step::Writable(writable) => {
                if let Some(wire) = &self.wire {
                    wire.writable.store(writable, Ordering::Relaxed);
                }
            }
            Step::Answer(which) => {
                let asked: Vec<_> = self.askable().collect();
                if !asked.is_empty() {
                    self.answer(*which.get(&asked));
                }
            }
            Step::Forget(which) if !self.waits.is_empty() => {
                let number = *which.get(&self.waits.keys().copied().collect::<Vec<_>>());
                if let Some(wait) = self.waits.remove(&number) {
                    drop(wait.receiver);
                    self.bench.socket.forget(wait.id);
                }
            }
            Step::Pass(seconds) => self.pass(seconds)?,
            Step::Join | Step::Refuse | Step::Forget(_) => {}
        }
        self.look()
    }

    fn emit(&mut self, acked: bool, volatile: bool, len: usize, timeout: u32) -> Result<(), TestCaseError> {
        let number = self.emitted;
        self.emitted += 1;
        let timeout = SECOND * timeout;
        let flags = EmitFlags { volatile, timeout: Some(timeout), reserved: false };
        let name = EventName { plain: "e", json: None };
        let write = |args: &mut crate::event::ArgWriter| {
            args.arg(&number);
            args.arg(&"x".repeat(len));
        };
        let (socket, now) = (&self.bench.socket, self.bench.now);
        let (before, waiting) = (socket.unsent_bytes(), socket.locked().waiters.len());
        let sent = if acked {
            socket.emit_with_ack(name, &write, flags, now).map(|(id, receiver)| {
                self.waits.insert(number, Wait { id, receiver, since: now, timeout });
            })
        } else {
            socket.emit(name, &write, flags, now)
        };
        let online = self.wire.as_ref().filter(|wire| !wire.closed.load(Ordering::Relaxed));
        match sent {
            Ok(()) => {
                self.taken.insert(number, Taken { volatile, acked });
            }
            Err(EmitError::Dropped) => {
                let busy = online.is_none_or(|wire| !wire.is_writable()) || before > 0;
                prop_assert!(volatile && busy);
            }
            // Nothing is refused while there is room: 300 is more than a packet counts for.
            Err(EmitError::Full) => {
                let outbox = online.is_some_and(|wire| wire.pending_bytes() + 300 > wire.limit());
                prop_assert!(outbox || before + 300 > self.limit);
            }
            Err(EmitError::TooManyAcks) => prop_assert!(acked && waiting == 12),
            Err(error) => prop_assert!(false, "{}", error),
        }
        Ok(())
    }

    fn join(&mut self, limit: usize) {
        let wire = Wire::new(limit);
        self.connections += 1;
        self.wire = Some(Arc::clone(&wire));
        self.bench.join_with(&wire, r#"{"sid":"us"}"#);
    }

    fn lose(&mut self, by_user: bool) -> Result<(), TestCaseError> {
        let joined = self.wire.is_some();
        let told = match by_user {
            true => self.bench.socket.disconnect(),
            false => self.bench.socket.handle_closed(),
        };
        prop_assert_eq!(told.is_some(), joined);
        if joined {
            self.ends.push(self.bench.now);
        }
        self.look()?;
        if self.wire.take().is_some() {
            // Of what was sent, nothing is waited for any more.
            if self.retries == 0 {
                for got in &self.got {
                    prop_assert!(!self.waits.contains_key(&got.number));
                }
            }
        }
        Ok(())
    }

    fn write(&mut self) {
        if let Some(wire) = &self.wire {
            wire.written();
            if self.bench.socket.wants_room().is_some() {
                self.bench.socket.handle_room(self.bench.now);
            }
        }
    }

    /// What the server has got over this connection, and could answer.
    fn askable(&self) -> impl Iterator<Item = Got> + '_ {
        let here = self.got.iter().filter(|got| self.wire.is_some() && got.connection == self.connections);
        here.copied().filter(|got| got.id.is_some())
    }

    fn unanswered(&self) -> Option<Got> {
        self.askable().find(|got| !self.answered.contains(&got.number))
    }

    fn answer(&mut self, got: Got) {
        self.bench.answer(got.id.unwrap(), &got.number.to_string());
        self.answered.insert(got.number);
    }

    fn pass(&mut self, seconds: u32) -> Result<(), TestCaseError> {
        // In pieces, so that an outcome is seen when it is there.
        for _ in 0..seconds {
            self.bench.pass(SECOND);
            self.look()?;
        }
        Ok(())
    }

    /// The server is there and answers everything.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        self.lose(false)?;
        self.join(usize::MAX);
        self.look()?;
        while let Some(got) = self.unanswered() {
            self.answer(got);
            self.look()?;
        }
        prop_assert_eq!(self.bench.socket.unsent_bytes(), 0);
        let got: HashSet<usize> = self.got.iter().map(|got| got.number).collect();
        for (number, taken) in &self.taken {
            // What was taken is sent, or somebody was told that it was too late for it.
            let late = self.outcomes.get(number) == Some(&Err(Failure::Timeout));
            prop_assert!(got.contains(number) || late && taken.acked && self.retries == 0, "lost {}", number);
        }
        prop_assert!(self.waits.is_empty());
        Ok(())
    }

    /// The end comes at once.
    fn close(&mut self) -> Result<(), TestCaseError> {
        self.bench.socket.close();
        self.ends.push(self.bench.now);
        self.look()?;
        prop_assert!(self.waits.is_empty());
        Ok(())
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_reordered_or_left(
        steps in prop::collection::vec(step(), 0..80),
        retries in prop_oneof![Just(0u32), 1u32..4],
        settled in any::<bool>(),
    ) {
        let mut world = World::new(retries);
        for step in steps {
            world.run(step)?;
        }
        if settled {
            world.settle()?;
        }
        world.close()?;
        world.bench.assert_empty();
    }
}
