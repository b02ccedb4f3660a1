#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
//! Every option at once, on variants of every shape.

use std::time::Duration;

use bytes::Bytes;
use sockeye::{
    ClientToServer, ConnectError, FromSocket, Handshake, Lifecycle, Namespace, Refused, Server,
    ServerToClient, ServerToServer, Socket,
};

/// Requests.
#[derive(ClientToServer, Debug)]
#[events(rename_all = "kebab-case", deny_extra)]
pub enum Request {
    /// Under several names.
    #[event("post", aliases("say", "tell",), ack = u64, error = Why, guard = Member, optional, deny_extra)]
    Post {
        /// Where.
        #[arg(nullable)]
        room: Option<String>,
        /// What.
        text: String,
        /// Until when.
        #[arg(with = self::millis, default = fallback::time)]
        time: Duration,
        /// How often.
        #[arg(default)]
        times: u32,
        /// May be missing without saying so.
        note: Option<String>,
    },
    /// A tuple.
    #[event(aliases("bytes"))]
    Upload(#[arg(array)] Vec<u8>, Bytes, #[arg(default = Vec::<u64>::new)] Vec<u64>),
    /// Nothing.
    #[event(guard = (Member, Member), optional, ack = ())]
    Typing,
    /// Two attributes, on an event that has a new name.
    #[event("old")]
    #[event(guard = Member, optional)]
    #[deprecated = "use `post`"]
    Old,
    /// Not there at all: neither are its types.
    #[cfg(any())]
    #[event("post", guard = Nobody, ack = Nothing)]
    Never(#[arg(with = nowhere)] Nowhere),
    /// Some of its fields are.
    #[cfg_attr(all(), event(optional, ack = u8))]
    Partly {
        /// There.
        #[cfg_attr(all(), arg(nullable))]
        there: Option<u8>,
        /// Not there.
        #[cfg(any())]
        #[arg(default)]
        not: Nowhere,
        /// There.
        #[cfg(all())]
        #[allow(non_snake_case)]
        too: u8,
    },
    /// A lint's name beside it.
    #[allow(non_camel_case_types)]
    #[event(optional, aliases("odd"))]
    odd_name(u8),
}

/// Pushes.
#[derive(ServerToClient, Debug)]
pub enum Push {
    /// Options that have a meaning in this direction, too.
    #[event("news", aliases("message"), ack = bool, deny_extra)]
    News {
        /// When.
        #[arg(with = millis)]
        at: Duration,
        /// What.
        #[arg(default)]
        text: String,
    },
}

/// Between servers.
#[derive(ServerToServer, Debug)]
#[events(deny_extra)]
pub enum Peer {
    /// The same.
    #[event(aliases("load-average"), ack = u64)]
    Load(#[arg(array, default)] Vec<u8>),
}

/// Milliseconds.
pub mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes.
    pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u128(value.as_millis())
    }

    /// Reads.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

mod fallback {
    pub(super) fn time() -> std::time::Duration {
        std::time::Duration::from_secs(1)
    }
}

/// Why not.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Why(String);

impl From<Refused> for Why {
    fn from(refusal: Refused) -> Self {
        Self(refusal.to_string())
    }
}

/// Somebody who may.
#[derive(Debug)]
pub struct Member;

impl<N: Namespace> FromSocket<N> for Member {
    async fn from_socket(_: &Socket<N>) -> Result<Self, Refused> {
        Ok(Self)
    }
}

/// A namespace.
#[derive(Namespace, Debug)]
#[namespace("/", client_to_server = Request, server_to_client = Push)]
pub struct Chat;

impl FromSocket<Chat> for (Member, Member) {
    async fn from_socket(socket: &Socket<Chat>) -> Result<Self, Refused> {
        Ok((Member::from_socket(socket).await?, Member))
    }
}

struct App;

impl Lifecycle<Chat> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Chat> for App {
    async fn post(
        &self,
        socket: Socket<Chat>,
        _: Member,
        _: Option<String>,
        text: String,
        time: Duration,
        times: u32,
        _: Option<String>,
    ) -> Result<u64, Why> {
        drop(socket.emit().news(time, &text));
        drop(socket.emit().news(&time, text));
        Ok(times.into())
    }

    async fn upload(&self, _: Socket<Chat>, _: Vec<u8>, _: Bytes, _: Vec<u64>) {}
}

struct Empty;

impl EmptyRequestHandler<Nothing> for Empty {}

/// Nothing has to be handled.
#[derive(ClientToServer, Debug)]
#[events(rename_all = "snake_case")]
pub enum EmptyRequest {
    /// Optional.
    #[event(optional, guard = Member)]
    One {
        /// Called as generated code calls its own.
        guard: u8,
        /// The same.
        context: u8,
        /// The same.
        handler: u8,
    },
}

/// A namespace.
#[derive(Namespace, Debug)]
#[namespace("/nothing", client_to_server = EmptyRequest)]
pub struct Nothing;

fn main() {
    let _ = Server::builder().namespace::<Chat>(App).build();
    fn handles<H: EmptyRequestHandler<Nothing>>(_: H) {}
    handles(std::sync::Arc::new(Empty));
    let _ = (Nothing, Peer::Load(vec![]));
}
