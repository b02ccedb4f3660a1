use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/room")]
struct Room {
    id: u32,
}

fn main() {}
