//! The name of a room, and what can stand for one or several.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::id::SocketId;

/// The name of a room. Cheap to clone; compares as its text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Room(Arc<str>);

impl Room {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Room {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl From<&str> for Room {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<&String> for Room {
    fn from(name: &String) -> Self {
        Self(name.as_str().into())
    }
}

impl From<String> for Room {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<&Self> for Room {
    fn from(room: &Self) -> Self {
        room.clone()
    }
}

impl From<SocketId> for Room {
    fn from(id: SocketId) -> Self {
        Self(id.as_str().into())
    }
}

impl From<&SocketId> for Room {
    fn from(id: &SocketId) -> Self {
        Self(id.as_str().into())
    }
}

/// One room or several: a name (`&str`, `String`, [`Room`], a [`SocketId`] for the room of that socket alone), or an array,
/// slice or vector of names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a room",
    label = "expected a room's name, or a list of names",
    note = "a number is a name after `to_string()`; the room of a single socket is named by `socket.id()`"
)]
pub trait IntoRooms {
    /// Adds the rooms to a list.
    fn add_to(self, rooms: &mut Vec<Room>);
}

#[diagnostic::do_not_recommend]
impl<T: Into<Room>> IntoRooms for T {
    fn add_to(self, rooms: &mut Vec<Room>) {
        rooms.push(self.into());
    }
}

impl<T: Into<Room>, const N: usize> IntoRooms for [T; N] {
    fn add_to(self, rooms: &mut Vec<Room>) {
        rooms.extend(self.into_iter().map(Into::into));
    }
}

impl<T: Into<Room>> IntoRooms for Vec<T> {
    fn add_to(self, rooms: &mut Vec<Room>) {
        rooms.extend(self.into_iter().map(Into::into));
    }
}

impl<T: Clone + Into<Room>> IntoRooms for &[T] {
    fn add_to(self, rooms: &mut Vec<Room>) {
        rooms.extend(self.iter().cloned().map(Into::into));
    }
}

impl<T: Clone + Into<Room>> IntoRooms for &Vec<T> {
    fn add_to(self, rooms: &mut Vec<Room>) {
        self.as_slice().add_to(rooms);
    }
}
