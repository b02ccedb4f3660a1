use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/room-{id")]
struct Room {
    id: u32,
}

fn main() {}
