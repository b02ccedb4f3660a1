#![deny(warnings)]
//! The options work where events are declared by a trait, too.

use std::time::Duration;

use sockeye::{FromSocket, Namespace, Refused, Socket, events};

#[events(client_to_server, deny_extra)]
pub trait Request {
    #[event("post", aliases("say"), guard = Member)]
    async fn post(
        &self,
        #[arg(nullable)] room: Option<String>,
        text: String,
        #[arg(with = millis)] time: Duration,
        #[arg(default = once)] times: u32,
        #[arg(default)] note: String,
    ) -> Result<u64, String>;

    #[event(optional)]
    async fn typing(&self, #[arg(array)] of: Vec<u8>) -> u32;
}

fn once() -> u32 {
    1
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u128(value.as_millis())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

pub struct Member;

impl FromSocket<Chat> for Member {
    async fn from_socket(_: &Socket<Chat>) -> Result<Self, Refused> {
        Ok(Self)
    }
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(
        &self,
        _: Socket<Chat>,
        _: Member,
        _: Option<String>,
        _: String,
        _: Duration,
        times: u32,
        _: String,
    ) -> Result<u64, String> {
        Ok(times.into())
    }
}

fn main() {
    fn handles<H: RequestHandler<Chat>>(_: H) {}
    handles(App);
}
