use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/room-{id}")]
struct Room;

fn main() {}
