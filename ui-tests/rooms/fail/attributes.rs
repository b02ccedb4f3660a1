use sockeye::Room;

#[derive(Room)]
#[room("place")]
enum Place {
    #[room(name = "lobby")]
    Lobby,
    #[room("a", "b")]
    Twice,
    #[room(loud)]
    Loud,
    #[room]
    Bare,
    #[room(7)]
    Number,
    #[room("x-{id}", crate = sockeye)]
    Krate {
        #[room("id")]
        id: u32,
    },
}

// Nothing that uses the type adds to the mistakes.
fn names(socket: sockeye::SocketId) -> [sockeye::Room; 2] {
    let place: Option<Place> = sockeye::Room::from(socket).parse();
    [place.unwrap_or(Place::Lobby).into(), (&Place::Loud).into()]
}

fn main() {}
