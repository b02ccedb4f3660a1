//! Engine.IO and WebSocket without Socket.IO: echoes of what comes.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use sockeye::{
    CloseReason,
    engine::{Application, Config, Connection, Cors, Engine, HandshakeRequest, Message, Session, WebSocket},
    protocol::frame::{Encoded, Frame},
};

/// Every session echoes.
struct Echo;

struct EchoConnection(Session);

impl Application for Echo {
    fn open(&self, session: &Session, _: Arc<HandshakeRequest>) -> Box<dyn Connection> {
        Box::new(EchoConnection(session.clone()))
    }
}

impl Connection for EchoConnection {
    fn message(&mut self, message: Message) {
        let frame = match message {
            Message::Text(text) => Frame::text(&text),
            Message::Binary(data) => Frame::Binary(data),
        };
        let _ = self.0.outbox().push(&Encoded::new(frame), false);
    }

    fn closed(&mut self, _: CloseReason) {}
}

pub(crate) fn echo_engine() -> Engine {
    let mut config = Config::default();
    config.path = "/engine.io/".to_owned();
    config.ping_interval = Duration::from_millis(300);
    config.ping_timeout = Duration::from_millis(200);
    config.upgrade_timeout = Duration::from_secs(1);
    config.max_payload = 1_000_000;
    config.cors = Some(Cors::any());
    Engine::new(config, Arc::new(Echo))
}

/// Most bytes of a message on `/ws-echo`.
const MAX_MESSAGE: usize = 64 << 20;

/// `/ws-echo`: RFC 6455 on the server's own WebSocket code.
pub(crate) async fn websocket_echo(mut request: Request) -> Response {
    let (response, socket) = match WebSocket::accept(&mut request, MAX_MESSAGE) {
        Ok(accepted) => accepted,
        Err(refusal) => return refusal.response().map(Body::new),
    };
    // Ends with the peer, or with the process.
    tokio::spawn(async move {
        let Ok(mut socket) = socket.await else { return };
        while let Ok(Some(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    });
    response.map(Body::new)
}
