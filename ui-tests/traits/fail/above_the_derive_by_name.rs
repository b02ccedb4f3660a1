use sockeye::prelude::*;

// Rustc's own words, as the name could be either; the derive's helper is found below it.
#[events(rename_all = "snake_case")]
#[derive(ClientToServer)]
pub enum Request {
    Post,
}

fn main() {}
