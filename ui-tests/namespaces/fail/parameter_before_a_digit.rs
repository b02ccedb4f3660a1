use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/{a}2{b}")]
struct Room {
    a: u32,
    b: u32,
}

fn main() {}
