#![deny(warnings, missing_docs)]
//! Rooms as types, wherever a room's name is.

use sockeye::prelude::*;

/// Unit.
#[derive(Room, Debug, PartialEq)]
pub struct Lobby;

/// Named.
#[derive(Room, Debug, PartialEq)]
pub struct Table {
    /// Which.
    pub id: u32,
}

#[derive(Room, Debug, PartialEq)]
struct Pair(String, String);

#[derive(Room, Debug, PartialEq)]
#[room("{in}-is-{name}")]
struct Raw {
    #[allow(dead_code)]
    name: String,
    r#in: u8,
}

/// An enum.
#[derive(Room, Debug, PartialEq)]
pub enum Place {
    /// Unit.
    Lobby,
    /// Named.
    Table {
        /// Which.
        id: u32,
    },
    /// Tuple.
    Seat(u32, u8),
    /// Of its own.
    #[room("poker-{id}/{name}!")]
    Poker {
        /// Who.
        name: String,
        /// Which.
        id: u32,
    },
    /// Old.
    #[deprecated]
    HTTPThing(),
    /// Conditional.
    #[cfg(any())]
    Gone(Nothing),
}

/// An own parameter.
#[derive(Debug, PartialEq)]
pub struct Level(bool);

impl sockeye::PathParam for Level {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "high" => Some(Self(true)),
            "low" => Some(Self(false)),
            _ => None,
        }
    }
    fn write(&self, path: &mut String) {
        path.push_str(if self.0 { "high" } else { "low" });
    }
}

#[derive(Room)]
enum Levels {
    Of(Level, Level),
}

/// Everywhere.
pub fn everywhere<N: Namespace>(socket: &Socket<N>, io: &Server, table: &Table) -> Result<(), sockeye::JoinError> {
    socket.join(Lobby)?;
    socket.join(Table { id: 7 })?;
    socket.join(table)?;
    socket.join([Table { id: 7 }, Table { id: 8 }])?;
    socket.join(vec![Place::Lobby, Place::Table { id: 8 }])?;
    socket.join([Room::from(Lobby), table.into(), "text".into()])?;
    let several = vec![Place::Lobby];
    socket.join(&several)?;
    socket.join(several.as_slice())?;
    socket.join([table, table])?;
    socket.join(&[table, table])?;
    socket.join(&["a", "b"])?;
    socket.join(&["a".to_owned()])?;
    socket.join(["a", "b"].as_slice())?;
    socket.join(&[socket.id()])?;
    socket.join(&[&"a".to_owned()])?;
    let _ = (socket.to(table), socket.to(table).except(Lobby), io.of::<N>().to(Place::Seat(1, 2)));
    socket.leave(table);
    let _: Vec<Table> = socket.rooms().iter().filter_map(Room::parse).collect();
    let _: Vec<Table> = socket.rooms().into_iter().filter_map(|room| room.parse::<Table>()).collect();
    Ok(())
}

fn round<T: sockeye::RoomName + std::fmt::Debug + PartialEq>(value: T, name: &str)
where
    for<'a> Room: From<&'a T>,
{
    assert_eq!(Room::from(&value).as_str(), name);
    let room: Room = name.to_owned().into();
    assert_eq!(room.parse::<T>(), Some(value));
}

fn main() {
    round(Raw { name: "x".into(), r#in: 3 }, "3-is-x");
    round(Lobby, "lobby");
    round(Table { id: 7 }, "table:7");
    round(Pair("a:b%".into(), "c:d%".into()), "pair:a%3Ab%25:c:d%");
    round(Place::Lobby, "lobby");
    round(Place::Table { id: 0 }, "table:0");
    round(Place::Seat(7, 2), "seat:7:2");
    round(Place::Poker { id: 7, name: "a!".into() }, "poker-7/a!!");
    for wrong in ["", "lobby:", "table:", "table:07", "table:+7", "table:7:1", "table:4294967296", "seat:1", "tablé:7", "seat:%31:2"] {
        assert_eq!(Room::from(wrong).parse::<Place>(), None, "{wrong}");
    }
    let _ = Levels::Of(Level(true), Level(false));
    assert_eq!(Room::from(Levels::Of(Level(true), Level(false))).as_str(), "of:high:low");
}
