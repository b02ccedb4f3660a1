use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/{a}-{a}")]
struct Room {
    a: u32,
}

fn main() {}
