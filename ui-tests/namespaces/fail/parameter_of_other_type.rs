use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/room-{at}")]
struct Room {
    at: std::time::Duration,
}

fn main() {}
