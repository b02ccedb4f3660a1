//! Connection state recovery: a client that was cut off comes back as the same socket, and gets what it missed.
//!
//! Each event that is neither volatile nor acknowledged carries its offset, a trailing argument that official clients keep. Offset and
//! place in the outboxes are given under one lock of the namespace, so that they agree. A session can be claimed once.

mod sweep;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Deserialize;
pub(super) use sweep::Sweeper;

use super::core::{Belongings, FAR};
use crate::{
    adapter::{Log, Offset, Room, Target},
    engine::sync::{Mutex, MutexGuard},
    event::{ArgWriter, read_payload},
    id::{SessionId, SocketId},
    protocol::{
        close::CloseReason,
        frame::{Encoded, Frame},
        socket_io::packet::Payload,
    },
};

/// How clients that were cut off may come back: `connectionStateRecovery` in JavaScript.
///
/// A client that missed more than its outbox may hold comes as a new one. Its rooms are those it had when it was cut off: of a room that it
/// entered or left with the news still on its way, it gets again what was sent before it entered, or not what was sent before it
/// left; JavaScript's server does the same.
///
/// ```
/// # use sockeye::{prelude::*, server::Recovery};
/// # use std::time::Duration;
/// let io = Server::builder().connection_state_recovery(Recovery::default()).build();
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Recovery {
    /// `maxDisconnectionDuration`: how long a client may be away. Default 2 min.
    pub max_disconnection: Duration,
    /// `skipMiddlewares`: whether the middleware of `connect` is left out for a client that comes back. `Lifecycle::connect` does not
    /// run in any case: the session it made is still there. Default yes.
    pub skip_middlewares: bool,
    /// Most bytes of packets kept for one namespace. Default 16 MiB.
    pub max_bytes: usize,
    /// Most clients of one namespace that may be away at once; those away longest are forgotten first. Also most namespaces with
    /// parameters that are there only because somebody may come back to them. Default 10,000.
    pub max_sessions: usize,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            max_disconnection: Duration::from_secs(120),
            skip_middlewares: true,
            max_bytes: 16 << 20,
            max_sessions: 10_000,
        }
    }
}

impl Recovery {
    /// Sets [`max_disconnection`](Self::max_disconnection).
    #[must_use]
    pub fn max_disconnection(mut self, duration: Duration) -> Self {
        self.max_disconnection = duration;
        self
    }

    /// Sets [`skip_middlewares`](Self::skip_middlewares).
    #[must_use]
    pub fn skip_middlewares(mut self, skip: bool) -> Self {
        self.skip_middlewares = skip;
        self
    }

    /// Sets [`max_bytes`](Self::max_bytes).
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }
}

/// Whether a socket that closed for this reason may come back.
pub(super) fn is_recoverable(reason: CloseReason) -> bool {
    !matches!(reason, CloseReason::ClientDisconnect | CloseReason::ServerDisconnect | CloseReason::ParseError)
}

/// A socket that is away.
#[derive(Clone)]
pub(super) struct Away {
    pub(super) id: SocketId,
    pub(super) pid: SessionId,
    pub(super) rooms: Vec<Room>,
    pub(super) belongings: Arc<Belongings>,
    /// The offset given last when it joined, when something was last queued for it, and when it left.
    pub(super) joined_at: Offset,
    pub(super) queued: Offset,
    pub(super) left_at: Offset,
}

/// What a client presents to come back.
#[derive(Deserialize)]
pub(super) struct Claim {
    pid: String,
    /// Not there if no event ever reached it.
    #[serde(default)]
    offset: Option<String>,
}

impl Claim {
    /// The claim in an `auth` payload, if there is one.
    pub(super) fn read(auth: Option<&Payload>) -> Option<Self> {
        read_payload(auth?).ok()
    }
}

/// The state of recovery of one namespace.
pub(super) struct Memory {
    options: Recovery,
    inner: Mutex<Inner>,
    sweeper: Arc<Sweeper>,
}

/// When a socket left, and which one it was of those that left then.
type Place = (Instant, u64);

pub(super) struct Inner {
    pub(super) log: Log,
    away: HashMap<SessionId, (Place, Away)>,
    /// The same in the order in which they left.
    order: BTreeMap<Place, SessionId>,
    places: u64,
    /// Claims that have not been settled.
    claimed: usize,
}

impl Inner {
    fn remove(&mut self, pid: &str) -> Option<(Place, Away)> {
        let (place, away) = self.away.remove(pid)?;
        self.order.remove(&place);
        Some((place, away))
    }

    fn remove_oldest(&mut self, is_one: impl FnOnce(Instant) -> bool) -> Option<Away> {
        let (_, pid) = self.order.first_key_value().filter(|((since, _), _)| is_one(*since))?;
        let pid = pid.clone();
        Some(self.remove(pid.as_str())?.1)
    }
}

impl Memory {
    pub(super) fn new(options: Recovery, sweeper: Arc<Sweeper>) -> Self {
        let log = Log::new(options.max_disconnection, options.max_bytes);
        let inner = Inner { log, away: HashMap::new(), order: BTreeMap::new(), places: 0, claimed: 0 };
        Self { options, inner: Mutex::new(inner), sweeper }
    }

    /// Gives a packet its offset and lets `queue` queue it; keeps it if that succeeds. All under the lock, so that offsets are in
    /// the order of the outboxes. No user code may run meanwhile.
    pub(super) fn send<E>(
        &self,
        now: Instant,
        mut packet: Encoded,
        target: Target,
        queue: impl FnOnce(&Encoded, Offset) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut inner = self.inner.lock();
        let offset = inner.log.next();
        stamp(&mut packet, offset);
        queue(&packet, offset)?;
        inner.log.push(now, packet, target);
        if self.sweeper.has_ended() {
            inner.log.clear();
        }
        drop(inner);
        self.sweeper.start(self.options.max_disconnection);
        Ok(())
    }

    /// Nothing is given an offset while this is held. No user code may run meanwhile.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }

    pub(super) fn skips_middleware(&self) -> bool {
        self.options.skip_middlewares
    }

    fn is_late(&self, now: Instant, since: Instant) -> bool {
        now.saturating_duration_since(since) > self.options.max_disconnection
    }

    /// Keeps a socket that was cut off.
    pub(super) fn keep(&self, now: Instant, away: Away) {
        let mut inner = self.inner.lock();
        inner.places += 1;
        let place = (now, inner.places);
        self.insert(inner, place, away);
    }

    fn insert(&self, mut inner: MutexGuard<'_, Inner>, place: Place, away: Away) {
        let mut forgotten = Vec::new();
        if self.sweeper.has_ended() {
            forgotten.push(away);
        } else {
            forgotten.extend(inner.remove(away.pid.as_str()).map(|(_, before)| before));
            inner.order.insert(place, away.pid.clone());
            inner.away.insert(away.pid.clone(), (place, away));
            let many = inner.away.len().saturating_sub(self.options.max_sessions);
            forgotten.extend((0..many).filter_map(|_| inner.remove_oldest(|_| true)));
        }
        // What they hold is the user's: it is dropped outside the lock.
        drop(inner);
        drop(forgotten);
        self.sweeper.start(self.options.max_disconnection);
    }

    /// Takes a socket that is away, if the claim is good: nobody else can claim it, until this claim is dropped without having been settled.
    /// The packets it missed are found later, under the lock under which it becomes reachable; here it is only made sure that none is
    /// forgotten, and that `max_bytes` are enough for them: who missed more than may wait for a client would only be closed for it. Such
    /// a one comes as a new socket, and its claim is used up.
    pub(super) fn claim(self: &Arc<Self>, now: Instant, claim: &Claim, max_bytes: usize) -> Option<Claimed> {
        let (place, away) = {
            let mut inner = self.inner.lock();
            let found = inner.remove(claim.pid.as_str())?;
            inner.claimed += 1;
            found
        };
        let mut claimed = Claimed { memory: Arc::clone(self), place, away, from: 0, settled: false };
        match self.good(now, claim, &claimed, max_bytes) {
            Some(from) => {
                claimed.from = from;
                Some(claimed)
            }
            None => {
                claimed.settle();
                None
            }
        }
    }

    /// The offset after which it missed what was sent to it, if that can be sent again.
    fn good(&self, now: Instant, claim: &Claim, claimed: &Claimed, max_bytes: usize) -> Option<Offset> {
        let Claimed { away, place: (since, _), .. } = claimed;
        if self.is_late(now, *since) {
            return None;
        }
        let offset = match &claim.offset {
            Some(offset) => read(offset)?,
            None => away.joined_at,
        };
        // Everything that was queued has arrived: what was sent since it left is all it can have missed, however long ago the
        // last event that it saw.
        let from = if offset >= away.queued { away.left_at.max(offset) } else { offset };
        let mut rooms = away.rooms.clone();
        rooms.push(Room::from(away.id.as_str()));
        let missed: usize =
            self.inner.lock().log.missed(from, &rooms)?.iter().map(|(_, packet)| packet.size()).sum();
        (missed <= max_bytes).then_some(from)
    }

    /// Whether somebody may come back.
    pub(super) fn is_awaited(&self) -> bool {
        let inner = self.inner.lock();
        !self.sweeper.has_ended() && (inner.claimed > 0 || !inner.away.is_empty())
    }

    /// Forgets what has been kept for too long. Says when to look again; `None` if nothing is kept.
    pub(super) fn sweep(&self, now: Instant) -> Option<Instant> {
        let mut forgotten = Vec::new();
        let next = {
            let mut inner = self.inner.lock();
            inner.log.prune(now);
            while let Some(away) = inner.remove_oldest(|since| self.is_late(now, since)) {
                forgotten.push(away);
            }
            let oldest = inner.order.keys().next().map(|(since, _)| *since);
            let oldest = [oldest, inner.log.oldest()].into_iter().flatten().min();
            let due = oldest.map(|oldest| oldest + self.options.max_disconnection.min(FAR));
            // A claim may be given back as old as it was.
            if inner.claimed > 0 { Some(now) } else { due }
        };
        drop(forgotten);
        next
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let forgotten = {
            let mut inner = self.inner.lock();
            inner.log.clear();
            inner.order.clear();
            std::mem::take(&mut inner.away)
        };
        drop(forgotten);
    }
}

/// A socket that is about to come back. Dropped before that is [settled](Self::settle), it is away as before: its client may try again.
pub(super) struct Claimed {
    memory: Arc<Memory>,
    place: Place,
    pub(super) away: Away,
    /// The offset after which it missed what was sent.
    pub(super) from: Offset,
    settled: bool,
}

impl Claimed {
    /// It has come back, or never will: nobody can claim it again.
    pub(super) fn settle(mut self) {
        self.settled = true;
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let mut inner = self.memory.inner.lock();
        inner.claimed -= 1;
        if !self.settled {
            self.memory.insert(inner, self.place, self.away.clone());
        }
    }
}

/// Digits of an offset on the wire: always as many, so that the place can be left free while a packet is written.
const DIGITS: usize = 8;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
const PLACE: &str = "@@@@@@@@";
const PLACE_AND_KEY: &[u8] = b"@@@@@@@@\xa3nsp";

/// Writes the arguments and leaves room for the offset.
pub(super) fn with_place<'a>(write: &'a dyn Fn(&mut ArgWriter)) -> impl Fn(&mut ArgWriter) + 'a {
    move |args| {
        write(args);
        args.arg(PLACE);
    }
}

/// Puts the offset into its place: the last one in the packet, behind all that a user wrote.
pub(super) fn stamp(packet: &mut Encoded, offset: Offset) {
    let (bytes, place): (_, &[u8]) = match &mut packet.head {
        Frame::Text { frame, .. } => (frame, PLACE.as_bytes()),
        // MessagePack has the namespace behind the data. It may hold the place's text, but not with this key behind it.
        Frame::Binary(data) => (data, PLACE_AND_KEY),
    };
    let mut text = std::mem::take(bytes).try_into_mut().unwrap_or_else(|shared| shared.as_ref().into());
    let place = text.windows(place.len()).rposition(|window| window == place);
    if let Some(place) = place.and_then(|at| text.get_mut(at..at + DIGITS)) {
        for (digit, byte) in place.iter_mut().rev().enumerate() {
            let value = (offset >> (5 * digit)) & 31;
            *byte = ALPHABET[value as usize];
        }
    }
    *bytes = text.freeze();
}

fn read(offset: &str) -> Option<Offset> {
    if offset.len() != DIGITS {
        return None;
    }
    offset.bytes().try_fold(0, |offset: Offset, byte| {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        Some(offset << 5 | value as u64)
    })
}

#[cfg(test)]
#[path = "recovery_models.rs"]
mod models;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventName, PacketWriter, Parser};

    #[test]
    fn an_offset_is_the_last_argument_and_is_read_back() {
        let writer = PacketWriter::new("/".into(), Parser::Json);
        let name = EventName { plain: "a", json: None };
        let write = |args: &mut ArgWriter| args.arg(PLACE);
        for offset in [0, 1, 31, 32, 1 << 39] {
            let mut packet = writer.event(name, None, &with_place(&write)).unwrap();
            stamp(&mut packet, offset);
            let text = String::from_utf8(packet.head.packet_text().unwrap().to_vec()).unwrap();
            let digits = text.strip_prefix(r#"42["a","@@@@@@@@",""#).unwrap().strip_suffix("\"]").unwrap();
            assert_eq!(read(digits), Some(offset));
        }
        assert_eq!(read("x"), None);
        assert_eq!(read("@@@@@@@@"), None);
    }

    #[cfg(feature = "msgpack")]
    #[test]
    fn an_offset_is_the_last_argument_in_messagepack_too() {
        use crate::{
            event::ArgReader, protocol::socket_io::decoder::Decoder, protocol::socket_io::packet::PacketKind,
        };

        let namespace = format!("/è{PLACE}");
        let writer = PacketWriter::new(namespace.as_str().into(), Parser::MessagePack);
        let name = EventName { plain: "a", json: None };
        let mut packet = writer.event(name, None, &with_place(&|args| args.arg(PLACE))).unwrap();
        stamp(&mut packet, 33);
        let Frame::Binary(data) = packet.head else { panic!("a binary message") };
        let packet = Decoder::of(Parser::MessagePack, Default::default()).binary(data).unwrap().unwrap();
        assert_eq!(packet.namespace, namespace);
        let PacketKind::Event(payload, None) = packet.kind else { panic!("an event") };
        let (_, mut args) = ArgReader::event(&payload).unwrap();
        assert_eq!(args.arg::<String>("text").as_deref(), Ok(PLACE));
        assert_eq!(read(&args.arg::<String>("offset").unwrap()), Some(33));
    }
}
