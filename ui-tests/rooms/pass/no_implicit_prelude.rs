#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code)]

pub extern crate sockeye as renamed;

struct Result;
struct Option;
struct String;
struct From;
struct Some;
struct None;
struct Room;
mod std {}
mod core {}

#[derive(::sockeye::Room)]
enum Place {
    Lobby,
    Table { name: ::std::string::String },
    Seat(u32, u8),
}

#[derive(renamed::Room)]
#[room("other-{id}", crate = crate::renamed)]
struct Other {
    id: u8,
}

fn main() {}
