use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/{a}{b}")]
struct Room {
    a: u32,
    b: u32,
}

fn main() {}
