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

    /// The room as a type that derives [`Room`](derive@crate::Room); `None` if its name is no name of such a room.
    ///
    /// ```
    /// # use sockeye::prelude::*;
    /// #[derive(Room)]
    /// struct Table { id: u32 }
    ///
    /// # fn tables<N: Namespace>(socket: &Socket<N>) -> Vec<Table> {
    /// socket.rooms().iter().filter_map(Room::parse::<Table>).collect()
    /// # }
    /// # assert_eq!(Room::from("table:7").parse::<Table>().map(|table| table.id), Some(7));
    /// # assert!(Room::from("lobby").parse::<Table>().is_none());
    /// ```
    #[must_use]
    pub fn parse<T: RoomName>(&self) -> Option<T> {
        T::parse_name(&self.0)
    }
}

/// A type that stands for rooms: its values can be written as names and read again. Implemented by `#[derive(Room)]`, which
/// also implements `From<T>` and `From<&T>` for [`Room`]; they make it a name wherever one is expected.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stand for rooms",
    label = "needs `#[derive(sockeye::Room)]`",
    note = "of a room without a type, `as_str()` is the name"
)]
pub trait RoomName: Sized {
    /// Adds the name to a text.
    fn write_name(&self, name: &mut String);

    /// Reads what [`write_name`](Self::write_name) has written; `None` for every other name.
    fn parse_name(name: &str) -> Option<Self>;
}

/// What a derive writes `From` with.
#[doc(hidden)]
#[must_use]
pub fn room<T: RoomName>(value: &T) -> Room {
    let mut name = String::new();
    value.write_name(&mut name);
    name.into()
}

/// Whether it is this room exactly, with no zero too many: for what a derive has read.
#[doc(hidden)]
pub fn is_room<T: RoomName>(value: &T, name: &str) -> bool {
    let mut written = String::with_capacity(name.len());
    value.write_name(&mut written);
    written == name
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

/// What is a name by reference, as the elements of a slice of such references are.
macro_rules! by_reference {
    ($($name:ty)*) => {$(
        impl From<&&$name> for Room {
            fn from(name: &&$name) -> Self {
                (*name).into()
            }
        }
    )*};
}

by_reference! { str String Room SocketId }

/// One room or several: a name (`&str`, `String`, [`Room`], a type that derives it, a [`SocketId`] for the room of that socket
/// alone), or an array, slice or vector of names. Names of several kinds are a list as `[Room::from(…), Room::from(…)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a room",
    label = "expected a room's name, or a list of names",
    note = "a number is a name after `to_string()`; the room of a single socket is named by `socket.id()`",
    note = "a type of your own names rooms with `#[derive(sockeye::Room)]`"
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

impl<'a, T> IntoRooms for &'a [T]
where
    &'a T: Into<Room>,
{
    fn add_to(self, rooms: &mut Vec<Room>) {
        rooms.extend(self.iter().map(Into::into));
    }
}

impl<'a, T, const N: usize> IntoRooms for &'a [T; N]
where
    &'a T: Into<Room>,
{
    fn add_to(self, rooms: &mut Vec<Room>) {
        self.as_slice().add_to(rooms);
    }
}

impl<'a, T> IntoRooms for &'a Vec<T>
where
    &'a T: Into<Room>,
{
    fn add_to(self, rooms: &mut Vec<Room>) {
        self.as_slice().add_to(rooms);
    }
}

#[cfg(test)]
#[cfg(feature = "macros")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(crate::Room, Clone, Debug, PartialEq)]
    enum Place {
        Lobby,
        Table {
            id: u32,
        },
        Seat(u64, u8),
        Pair(String, String),
        #[room("mail/{to}--{from}/{at}!")]
        Mail {
            from: String,
            to: String,
            at: u16,
        },
        #[room("digits-{0}x1{1}")]
        Digits(u8, u8),
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a:%/é!-]{0,6}", ".{0,6}"]
    }

    fn place() -> impl Strategy<Value = Place> {
        prop_oneof![
            Just(Place::Lobby),
            any::<u32>().prop_map(|id| Place::Table { id }),
            any::<(u64, u8)>().prop_map(|(table, seat)| Place::Seat(table, seat)),
            (text(), text()).prop_map(|(one, other)| Place::Pair(one, other)),
            (text(), text(), any::<u16>()).prop_map(|(from, to, at)| Place::Mail { from, to, at }),
            any::<(u8, u8)>().prop_map(|(one, other)| Place::Digits(one, other)),
        ]
    }

    /// Whether each parameter reads what it writes.
    fn is_readable(place: &Place) -> bool {
        let texts: &[&String] = match place {
            Place::Pair(one, other) => &[one, other],
            Place::Mail { from, to, .. } => &[from, to],
            _ => &[],
        };
        texts.iter().all(|text| !text.is_empty() && !text.contains('/'))
    }

    proptest! {
        #[test]
        fn a_value_and_its_name_are_each_others(place in place()) {
            let found = Room::from(&place).parse::<Place>();
            prop_assert_eq!(found, is_readable(&place).then_some(place));
        }

        #[test]
        fn values_that_differ_have_names_that_differ(one in place(), other in place()) {
            prop_assert_eq!(one == other, Room::from(one) == Room::from(other));
        }

        #[test]
        fn only_the_name_itself_is_read(name in "(lobby|table:|seat:|pair:|mail/)?[0-9a:%/!-]{0,8}") {
            if let Some(place) = Room::from(name.as_str()).parse::<Place>() {
                let room = Room::from(place);
                prop_assert_eq!(room.as_str(), name);
            }
        }
    }
}
