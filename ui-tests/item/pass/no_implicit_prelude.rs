#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

// Names that generated code must not mean when it says what it needs.
struct Result;
struct Option;
struct String;
struct Send;
struct Sync;
struct Box;
struct Arc;
struct Future;
struct Ok;
struct Err;
struct Some;
struct None;
struct str;
struct bool;
mod std {}
mod core {}

#[derive(::sockeye::ClientToServer)]
pub enum Request {
    #[event(ack = u8, error = u16)]
    Post { text: ::std::string::String },
    History(::std::vec::Vec<u8X>),
    Typing,
}

#[derive(::sockeye::ServerToClient)]
pub enum Push {
    #[event(ack = u8)]
    Message(u64),
}

type u8X = u64;

#[derive(::sockeye::Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(&self, _: ::sockeye::Socket<Chat>, _: ::std::string::String) -> ::std::result::Result<u8, u16> {
        ::std::result::Result::Ok(1)
    }
    async fn history(&self, _: ::sockeye::Socket<Chat>, _: ::std::vec::Vec<u8X>) {}
    async fn typing(&self, _: ::sockeye::Socket<Chat>) {}
}

fn main() {}
