//! Whom a broadcast is for.

use std::fmt;

use super::{IntoRooms, Room};

/// The recipients of a broadcast: those in any of `rooms` (in the whole namespace if it names none) who are in none of `except`.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) rooms: Vec<Room>,
    pub(crate) except: Vec<Room>,
    /// Drop it for those who cannot take it now.
    pub(crate) volatile: bool,
    /// Only the sockets of this node. The in-memory adapter has no others.
    #[allow(dead_code, reason = "read by adapters that reach other nodes")]
    pub(crate) local: bool,
    /// Whether compression is worth it, for transports that can.
    pub(crate) compress: bool,
}

/// Without the names: those may be of somebody's own room.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("rooms", &self.rooms.len())
            .field("except", &self.except.len())
            .field("volatile", &self.volatile)
            .field("local", &self.local)
            .field("compress", &self.compress)
            .finish()
    }
}

impl Default for Target {
    fn default() -> Self {
        Self { rooms: Vec::new(), except: Vec::new(), volatile: false, local: false, compress: true }
    }
}

impl Target {
    pub(crate) fn to(mut self, rooms: impl IntoRooms) -> Self {
        rooms.add_to(&mut self.rooms);
        self
    }

    pub(crate) fn except(mut self, rooms: impl IntoRooms) -> Self {
        rooms.add_to(&mut self.except);
        self
    }
}
