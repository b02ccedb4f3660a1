#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

// Names that generated code must not mean when it says what it needs.
struct Result;
struct Option;
struct Send;
struct Future;
struct Client;
struct ReceivesFromServer;
struct usize;
mod std {}
mod core {}

#[derive(::sockeye::ServerToClient)]
pub enum Push {
    #[event(ack = u8, error = u16, optional)]
    Post(u64),
    #[event(ack = u8)]
    Typing,
}

#[derive(::sockeye::Namespace)]
#[namespace("/", server_to_client = Push)]
pub struct Chat;

struct App;

impl PushHandler<Chat> for App {
    async fn typing(&self, _: ::sockeye::client::Client<Chat>) -> u8 {
        0
    }
}

fn main() {}
