//! The first step of the guide: the chat behind the untyped door. The page has the same lines; a test in the module above compares them.

use std::sync::atomic::{AtomicU64, Ordering};

use sockeye::{
    event::{Object, Value},
    prelude::*,
    server::{UntypedEvent, UntypedHandler},
};

#[derive(Namespace)]
#[namespace("/", untyped, auth = Value, session = String)]
pub(super) struct Chat;

#[derive(Default)]
pub(super) struct App {
    posted: AtomicU64,
}

impl Lifecycle<Chat> for App {
    async fn connect(&self, handshake: Handshake<Value>) -> Result<String, ConnectError> {
        match handshake.auth()["name"].as_str() {
            Some(name) => Ok(name.to_owned()),
            None => Err(ConnectError::new("who are you?")),
        }
    }

    async fn connected(&self, socket: Socket<Chat>) {
        if socket.join("lobby").is_ok() {
            socket.to("lobby").emit().event("joined", (socket.session(),));
        }
    }

    async fn disconnected(&self, socket: Socket<Chat>, reason: CloseReason) {
        socket.to("lobby").emit().event("left", (socket.session(), reason.as_str()));
    }
}

impl UntypedHandler<Chat> for App {
    async fn event(&self, socket: Socket<Chat>, event: UntypedEvent) {
        let UntypedEvent { name, args, ack, .. } = event;
        match name.as_str() {
            "message" => {
                let text = args.first().and_then(Value::as_str).unwrap_or_default();
                let answer = if text.is_empty() {
                    [("ok", Value::from(false)), ("error", Value::from("empty"))]
                } else {
                    socket.everyone().to("lobby").emit().event("message", (socket.session(), text));
                    let number = self.posted.fetch_add(1, Ordering::Relaxed) + 1;
                    [("ok", Value::from(true)), ("value", Value::from(number))]
                };
                if let Some(ack) = ack {
                    // Fails where the client is gone, or was answered before.
                    let _ = ack.send((Object::from_iter(answer),));
                }
            }
            "typing" => socket.to("lobby").volatile().emit().event("typing", (socket.session(),)),
            _ => {}
        }
    }
}
