//! The client's side of the accounts: one socket, and the check that everything comes in order, nothing is lost and nothing comes twice.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::{Result, wrong};
use crate::{events::blob, tally::Tally};

/// A socket, from its CONNECT to its end; the same one after a recovery.
#[derive(Default)]
pub(crate) struct Socket {
    pub(crate) namespace: String,
    pub(crate) token: u64,
    pub(crate) id: String,
    pub(crate) pid: String,
    pub(crate) offset: Option<String>,
    /// How often it began.
    pub(crate) lives: u64,
    /// Whether it is the same one as before in this life.
    pub(crate) recovered: bool,
    /// Whether CONNECT and `welcome` came in this life.
    pub(crate) connected: bool,
    pub(crate) welcomed: bool,
    /// Numbered events sent, and received.
    pub(crate) up: u64,
    pub(crate) down: u64,
    /// The last broadcast to the namespace, if there was one.
    pub(super) all: Option<u64>,
    pub(super) noise: u64,
    /// Rooms it is in, with the number of the last event to each.
    pub(crate) rooms: HashMap<String, u64>,
    /// Rooms it has asked to enter or to leave.
    pub(crate) moving: VecDeque<String>,
    /// Rooms it was about to enter or to leave when it was cut off: until `welcome` it may get too much or too little of them again.
    pub(crate) unsure: Vec<String>,
    /// Answers that are due: number → the answer, and whether it is due before the one to `bye`.
    pub(crate) asked: HashMap<u64, (u64, bool)>,
    pub(crate) next_ack: u64,
    /// Questions that will be asked: number → whether they are answered.
    pub(crate) questions: HashMap<u64, bool>,
    /// The server has said DISCONNECT.
    pub(crate) dismissed: bool,
}

/// What has to be done about an event.
pub(crate) enum Reaction {
    None,
    /// Answer with this number.
    Answer(u64),
}

impl Socket {
    /// About to join.
    pub(crate) fn new(namespace: &str, token: u64) -> Self {
        Self { namespace: namespace.to_owned(), token, lives: 1, ..Self::default() }
    }

    fn wrong<T>(&self, what: String) -> Result<T> {
        wrong(format!("{} of {}: {what}", self.token, self.namespace))
    }

    /// The question whether the server has seen its end.
    pub(crate) fn over(&self) -> String {
        // A CONNECT that nobody answered need not have come.
        let lives = if self.connected { self.lives } else { self.lives - 1 };
        format!("over {} {lives}", self.token)
    }

    pub(crate) fn next_ack(&mut self) -> u64 {
        self.next_ack += 1;
        self.next_ack
    }

    /// An event, its attachments, and whether it wants an answer.
    pub(crate) fn event(
        &mut self,
        payload: &Value,
        attachments: &[Vec<u8>],
        wants_answer: bool,
        polls: bool,
        tally: &'static Tally,
    ) -> Result<Reaction> {
        let Some([name, args @ ..]) = payload.as_array().map(Vec::as_slice) else {
            return self.wrong(format!("no event: {payload}"));
        };
        let name = name.as_str().unwrap_or_default();
        let number = |at: usize| args.get(at).and_then(Value::as_u64).unwrap_or(u64::MAX);
        let text = |at: usize| args.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        if !wants_answer && name != "noise" {
            match args.last().and_then(Value::as_str) {
                Some(offset) if offset.len() == 8 => self.offset = Some(offset.to_owned()),
                _ => return self.wrong(format!("no offset: {payload}")),
            }
        }
        match name {
            "welcome" => {
                let (up, all) = (number(0), number(1));
                let recovered = args.get(2) == Some(&Value::Bool(true));
                if self.welcomed || recovered != self.recovered {
                    return self.wrong(format!("welcomed at the wrong time: {payload}"));
                }
                if up > self.up || self.all.is_some_and(|last| last != all) {
                    let (sent, last) = (self.up, self.all);
                    return self.wrong(format!("welcome {payload}, but {sent} sent and {last:?} received"));
                }
                self.welcomed = true;
                self.unsure.clear();
                self.up = up;
                self.all = Some(all);
            }
            "down" | "down-blob" => {
                let n = number(0);
                if n != self.down + 1 {
                    return self.wrong(format!("event {n} where {} was due", self.down + 1));
                }
                self.down = n;
                if name == "down-blob" {
                    tally.add("attachments received");
                    if attachments != [blob(n)] {
                        return self.wrong(format!("attachment of event {n}"));
                    }
                }
                tally.add("numbered events received");
            }
            "all" => {
                let n = number(0);
                if self.all.is_some_and(|last| last + 1 != n) {
                    let last = self.all;
                    return self.wrong(format!("broadcast {n} after {last:?}"));
                }
                self.all = Some(n);
                tally.add("broadcasts received");
            }
            "said" => {
                let (room, n) = (text(0), number(1));
                match self.rooms.get_mut(&room) {
                    Some(last) if *last + 1 == n => *last = n,
                    _ if self.unsure.contains(&room) => {}
                    // Out of order, or to somebody who is not in the room.
                    last => {
                        let last = last.copied();
                        return self.wrong(format!("room {room}: {n} after {last:?}"));
                    }
                }
                tally.add("room events received");
            }
            "entered" | "exited" => {
                let (room, n) = (text(0), number(1));
                if self.moving.pop_front() != Some(room.clone()) {
                    return self.wrong(format!("{payload}: not asked for"));
                }
                if name == "entered" {
                    self.rooms.insert(room, n);
                    tally.add("rooms entered");
                } else if self.rooms.remove(&room) != Some(n) && !self.unsure.contains(&room) {
                    return self.wrong(format!("left room {room} at {n}: something was lost"));
                } else {
                    tally.add("rooms left");
                }
            }
            "question" => {
                let n = number(0);
                return match self.questions.remove(&n) {
                    Some(true) => Ok(Reaction::Answer(n)),
                    Some(false) => {
                        tally.add("questions left unanswered");
                        Ok(Reaction::None)
                    }
                    None => self.wrong(format!("question {n} was not asked for, or came twice")),
                };
            }
            "poll" if polls => return Ok(Reaction::Answer(number(0))),
            "poll" => tally.add("polls left unanswered"),
            "noise" => {
                let n = number(0);
                if n <= self.noise {
                    return self.wrong(format!("volatile event {n} after {}", self.noise));
                }
                self.noise = n;
                tally.add("volatile events received");
            }
            _ => return self.wrong(format!("nobody knows {payload}")),
        }
        Ok(Reaction::None)
    }

    pub(crate) fn answer(&mut self, id: Option<u64>, payload: &Value, tally: &'static Tally) -> Result<()> {
        let Some((id, (expected, _))) = id.and_then(|id| Some((id, self.asked.remove(&id)?))) else {
            return self.wrong(format!("answer {id:?} was not asked for, or came twice"));
        };
        if payload.get(0).and_then(Value::as_u64) != Some(expected) {
            return self.wrong(format!("answer {id}: {payload} where {expected} was due"));
        }
        tally.add("answers received");
        Ok(())
    }
}
