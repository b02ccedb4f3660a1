#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

struct Result;
struct Option;
struct String;
struct Send;
struct Box;
struct Ok;
struct Err;
struct Some;
struct None;
mod std {}
mod core {}

#[::sockeye::events(client_to_server)]
pub trait Request {
    async fn post(&self, text: ::std::string::String) -> ::std::result::Result<u8, u16>;
    async fn typing(&self);
}

#[::sockeye::events(server_to_client)]
pub trait Push {
    async fn message(&self, number: u64) -> u8;
}

#[derive(::sockeye::Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(&self, _: ::sockeye::Socket<Chat>, _: ::std::string::String) -> ::std::result::Result<u8, u16> {
        ::std::result::Result::Ok(1)
    }
    async fn typing(&self, _: ::sockeye::Socket<Chat>) {}
}

fn main() {}
