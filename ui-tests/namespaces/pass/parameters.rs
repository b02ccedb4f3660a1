//! Paths with parameters of every kind, and one of the user's own.
#![deny(warnings)]

use sockeye::{PathParam, prelude::*};

#[derive(Namespace)]
#[namespace("/room-{id}")]
struct Room {
    id: u64,
}

#[derive(Namespace)]
#[namespace("/{team}/table-{number}/seat-{type}")]
struct Seat {
    team: String,
    number: u8,
    r#type: Kind,
}

enum Kind {
    Left,
    Right,
}

impl PathParam for Kind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "left" => Some(Self::Left),
            "right" => Some(Self::Right),
            _ => None,
        }
    }

    fn write(&self, path: &mut String) {
        path.push_str(match self {
            Self::Left => "left",
            Self::Right => "right",
        });
    }
}

fn main() {
    assert!(Room::DYNAMIC && Seat::DYNAMIC);
    assert_eq!(Room { id: 7 }.path(), "/room-7");
    assert_eq!(Room::parse_path("/room-8").map(|room| room.id), Some(8));
    let seat = Seat::parse_path("/reds/table-3/seat-right").unwrap();
    assert_eq!((seat.team.as_str(), seat.number), ("reds", 3));
    assert!(matches!(seat.r#type, Kind::Right));
    assert_eq!(Seat { r#type: Kind::Left, ..seat }.path(), "/reds/table-3/seat-left");
    assert!(Room::parse_path("/room-x").is_none());
}
