//! What clients and server of the soak say to each other. Everything is numbered, so that nothing can be lost or come twice unseen.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sockeye::prelude::*;

/// What a client sends. `n` counts its numbered events: 1, 2, 3…
#[derive(ClientToServer)]
pub(crate) enum Request {
    /// A numbered event; the server sends this many `down`s back.
    Up {
        n: u64,
        burst: u32,
    },
    /// A numbered event with an attachment; one comes back.
    #[event("up-blob")]
    UpBlob {
        n: u64,
        data: Bytes,
    },
    /// Answered at once with the same number.
    #[event(ack = u64)]
    Ask(u64),
    /// Answered after so many milliseconds.
    #[event("ask-slow", ack = u64)]
    AskSlow {
        n: u64,
        ms: u64,
    },
    /// Has the server ask back; `answered` says whether the client is going to answer.
    Question {
        n: u64,
        answered: bool,
    },
    Enter(String),
    Exit(String),
    /// Has the server send the next numbered event to a room.
    Shout(String),
    /// Wants so many large numbered events, sent whether or not they are read.
    Flood {
        count: u32,
        size: u32,
    },
    /// Wants so many large numbered events, as fast as they are read.
    Pour {
        count: u32,
        size: u32,
    },
    /// Wants to be thrown out of the namespace, or of the whole connection.
    Kick {
        whole: bool,
    },
    /// The last event before the client leaves; the answer is how many numbered events came.
    #[event(ack = u64)]
    Bye,
}

/// What the server sends.
#[derive(ServerToClient)]
pub(crate) enum Push {
    /// First of all, also after a recovery: numbered events that came from the client, and the number of the last `all`.
    Welcome { up: u64, all: u64, recovered: bool },
    /// Numbered for each socket.
    Down { n: u64, padding: String },
    /// In the same count.
    #[event("down-blob")]
    DownBlob { n: u64, data: Bytes },
    /// To all of a namespace, numbered for the namespace.
    All { n: u64 },
    /// To a room, numbered for the room.
    Said { room: String, n: u64 },
    /// In the room from here on: `n` was the last number before.
    Entered { room: String, n: u64 },
    /// No more in the room: `n` was the last number.
    Exited { room: String, n: u64 },
    #[event(ack = u64)]
    Question(u64),
    /// A broadcast that wants the number back.
    #[event(ack = u64)]
    Poll(u64),
    /// Volatile: may be lost, in order otherwise.
    Noise(u64),
}

/// How a client names a socket-to-be.
#[derive(Serialize, Deserialize)]
pub(crate) struct Token {
    #[serde(deserialize_with = "number")]
    pub(crate) token: u64,
}

/// A number, or one in a query, where all is text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Itself(u64),
        Text(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Itself(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(D::Error::custom),
    }
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push, auth = Token, session = crate::server::Record)]
pub(crate) struct Main;

#[derive(Namespace)]
#[namespace("/team", client_to_server = Request, server_to_client = Push, auth = Token, session = crate::server::Record)]
pub(crate) struct Team;

/// One of a few that come and go with their members.
#[derive(Namespace)]
#[namespace("/table-{id}", client_to_server = Request, server_to_client = Push, auth = Token, session = crate::server::Record)]
pub(crate) struct Table {
    pub(crate) id: u32,
}

/// Size of an attachment, and its bytes, which follow from the number.
pub(crate) fn blob(n: u64) -> Vec<u8> {
    vec![n as u8; (n as usize * 37) % 700]
}
