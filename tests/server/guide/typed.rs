//! The second step of the guide: the chat with its events as types. The page has the same lines; a test in the module above compares them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use sockeye::prelude::*;

#[derive(ClientToServer)]
pub(super) enum Request {
    #[event(ack = u64, error = Refusal)]
    Message(String),
    Typing,
}

#[derive(ServerToClient, Debug, PartialEq)]
pub(super) enum Push {
    Joined { name: String },
    Left { name: String, reason: String },
    Message { name: String, text: String },
    Typing { name: String },
}

/// On the wire `{ ok: false, error: "empty" }`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Refusal {
    Empty,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Introduction {
    pub(super) name: String,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push, auth = Introduction, session = String)]
pub(super) struct Chat;

#[derive(Default)]
pub(super) struct App {
    posted: AtomicU64,
}

impl Lifecycle<Chat> for App {
    async fn connect(&self, handshake: Handshake<Introduction>) -> Result<String, ConnectError> {
        Ok(handshake.into_auth().name)
    }

    async fn connected(&self, socket: Socket<Chat>) {
        if socket.join("lobby").is_ok() {
            socket.to("lobby").emit().joined(socket.session());
        }
    }

    async fn disconnected(&self, socket: Socket<Chat>, reason: CloseReason) {
        socket.to("lobby").emit().left(socket.session(), reason.as_str());
    }
}

impl RequestHandler<Chat> for App {
    async fn message(&self, socket: Socket<Chat>, text: String) -> Result<u64, Refusal> {
        if text.is_empty() {
            return Err(Refusal::Empty);
        }
        socket.everyone().to("lobby").emit().message(socket.session(), text);
        Ok(self.posted.fetch_add(1, Ordering::Relaxed) + 1)
    }

    async fn typing(&self, socket: Socket<Chat>) {
        socket.to("lobby").volatile().emit().typing(socket.session());
    }
}
