#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

// Names that generated code must not mean when it says what it needs.
struct Result;
struct Option;
struct Send;
struct Future;
struct Ok;
struct Err;
struct Default;
struct usize;
struct Deserializer;
struct Serializer;
struct FromSocket;
struct Socket;
mod std {}
mod core {}
mod serde {}

#[derive(::sockeye::ClientToServer)]
#[events(deny_extra)]
pub enum Request {
    #[event(aliases("say"), guard = Operator, ack = u8, error = u16, optional)]
    Post {
        #[arg(with = codec)]
        time: u64,
        #[arg(default = zero)]
        times: u64,
        #[arg(default)]
        more: u64,
    },
    #[event(optional, ack = u8)]
    Typing,
}

fn zero() -> u64 {
    0
}

pub struct Operator;

impl ::sockeye::FromSocket<Chat> for Operator {
    async fn from_socket(_: &::sockeye::Socket<Chat>) -> ::std::result::Result<Self, ::sockeye::Refused> {
        ::std::result::Result::Ok(Self)
    }
}

mod codec {
    use ::std::result::Result;

    pub(super) fn serialize<S: ::serde::Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*value)
    }

    pub(super) fn deserialize<'de, D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        ::serde::Deserialize::deserialize(deserializer)
    }
}

#[derive(::sockeye::Namespace)]
#[namespace("/", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {}

fn main() {}
