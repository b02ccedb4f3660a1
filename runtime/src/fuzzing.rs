//! What the fuzz targets need of the crate's inside, and nobody else: it is there under `cfg(fuzzing)` only.
//!
//! Thin doors to the real types; what is right is for the targets to know.

use std::sync::Arc;

use http::{HeaderMap, Method};

use crate::{
    adapter::{JoinError, Local, Member, Memberships, Recipient, Target},
    engine::{Cors, Outbox, accepted_encoding},
    protocol::frame::{Encoded, Frame},
};

/// The encoding that the server chooses for a request with these headers.
#[must_use]
pub fn encoding(request: &HeaderMap) -> Option<&'static str> {
    accepted_encoding(request)
}

/// The headers that an answer gets for a request's origin, and whether the request is refused.
#[must_use]
pub fn cors(cors: &Cors, method: &Method, request: &HeaderMap) -> (HeaderMap, bool) {
    let answer = cors.answer(method, request);
    (answer.headers, answer.is_refused)
}

/// What sits in rooms.
#[derive(Clone, Debug)]
pub struct Peer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    own: String,
    memberships: Memberships,
    outbox: Arc<Outbox>,
}

impl Peer {
    /// A peer whose own room has this name.
    #[must_use]
    pub fn new(own: &str) -> Self {
        Self(Arc::new(Inner {
            own: own.into(),
            memberships: Memberships::default(),
            outbox: Arc::new(Outbox::new(usize::MAX)),
        }))
    }

    /// The rooms it is in, sorted.
    #[must_use]
    pub fn rooms(&self) -> Vec<String> {
        self.0.memberships.rooms().iter().map(ToString::to_string).collect()
    }

    /// Takes the packets queued for it: how many there were.
    #[must_use]
    pub fn take(&self) -> usize {
        let mut frames = Vec::new();
        self.0.outbox.take(&mut frames, usize::MAX, usize::MAX);
        assert_eq!(self.0.outbox.queued_bytes(), 0);
        frames.len()
    }
}

impl Member for Inner {
    fn own_room(&self) -> &str {
        &self.own
    }
    fn memberships(&self) -> &Memberships {
        &self.memberships
    }
}

impl Recipient for Inner {
    fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }
    fn is_open(&self) -> bool {
        true
    }
}

/// The peers of a namespace and their rooms.
#[expect(missing_debug_implementations, reason = "nothing to show")]
pub struct Namespace(Local<Inner>);

impl Namespace {
    /// An empty one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for the targets only")]
    pub fn new() -> Self {
        Self(Local::new())
    }

    /// Adds a peer. Whether it has taken another's place.
    pub fn insert(&self, peer: &Peer) -> bool {
        self.0.rooms.insert(Arc::clone(&peer.0)).is_some()
    }

    /// Takes a peer out of everything, for good.
    pub fn remove(&self, peer: &Peer) {
        self.0.rooms.remove(&peer.0);
    }

    /// Lets a peer into a room.
    ///
    /// # Errors
    ///
    /// As `Socket::join`.
    pub fn join(&self, peer: &Peer, room: &str, limit: usize) -> Result<(), JoinError> {
        self.0.rooms.join(&peer.0, &room.into(), limit)
    }

    /// Takes a peer out of a room.
    pub fn leave(&self, peer: &Peer, room: &str) {
        self.0.rooms.leave(&peer.0, &room.into());
    }

    /// Queues a packet for those in any of the rooms (everyone if there are none), and in none of `except`.
    pub fn broadcast(&self, rooms: &[&str], except: &[&str]) {
        let target = Target::default().to(rooms).except(except);
        self.0.broadcast(&target, &Encoded::new(Frame::text("x")), |_| {});
    }

    /// Rooms with a member, and members.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.0.rooms.count(), self.0.rooms.len())
    }
}
