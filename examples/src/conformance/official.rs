//! The handlers of the official Socket.IO suite.

use std::time::Duration;

use sockeye::{
    engine::Cors,
    event::Value,
    prelude::*,
    server::{UntypedEvent, UntypedHandler},
};

#[derive(Namespace)]
#[namespace("/", untyped, auth = Value, session = Value)]
struct Main;

#[derive(Namespace)]
#[namespace("/custom", untyped, auth = Value, session = Value)]
struct Custom;

struct Official;

impl<N> Lifecycle<N> for Official
where
    N: Namespace<Auth = Value, Session = Value, ServerToClient = sockeye::event::Untyped>,
{
    async fn connect(&self, handshake: Handshake<Value>) -> Result<Value, ConnectError> {
        Ok(handshake.into_auth())
    }

    async fn connected(&self, socket: Socket<N>) {
        socket.emit().event("auth", (socket.session(),));
    }
}

impl<N> UntypedHandler<N> for Official
where
    N: Namespace<ServerToClient = sockeye::event::Untyped>,
{
    async fn event(&self, socket: Socket<N>, event: UntypedEvent) {
        match (event.name.as_str(), event.ack) {
            ("message", _) => socket.emit().event("message-back", event.args),
            ("message-with-ack", Some(ack)) => drop(ack.send(event.args)),
            _ => {}
        }
    }
}

pub(crate) fn server() -> Server {
    Server::builder()
        .path("/socket.io/")
        .ping_interval(Duration::from_millis(300))
        .ping_timeout(Duration::from_millis(200))
        .connect_timeout(Duration::from_secs(1))
        .max_payload(1_000_000)
        .cors(Cors::any())
        .namespace::<Main>(Official)
        .namespace::<Custom>(Official)
        .build()
}
