//! What a client is told, as one queue: events and the life of the connection, in the order in which they came.

use std::time::Duration;

use sockeye::client::{
    AnyNamespace, Client, ClientLifecycle, ConnectError, DisconnectReason, UntypedClientEvent,
    UntypedClientHandler,
};
use tokio::sync::mpsc;

/// What waits to be shown. While this is full the handlers wait, and behind them the server.
const WAITING: usize = 64;

#[derive(Debug)]
pub(crate) enum Told {
    Connected,
    Disconnected(DisconnectReason),
    ConnectError(ConnectError),
    Reconnecting(Duration),
    Event(UntypedClientEvent),
}

/// The handler and the lifecycle of a client, both of which only pass on what they are told.
#[derive(Clone, Debug)]
pub(crate) struct Teller(mpsc::Sender<Told>);

pub(crate) fn queue() -> (Teller, mpsc::Receiver<Told>) {
    let (sender, told) = mpsc::channel(WAITING);
    (Teller(sender), told)
}

impl Teller {
    async fn tell(&self, told: Told) {
        // Nobody listens any more when the program ends.
        let _ = self.0.send(told).await;
    }
}

impl UntypedClientHandler<AnyNamespace> for Teller {
    async fn event(&self, _: Client<AnyNamespace>, event: UntypedClientEvent) {
        self.tell(Told::Event(event)).await;
    }
}

impl ClientLifecycle<AnyNamespace> for Teller {
    async fn connected(&self, _: Client<AnyNamespace>) {
        self.tell(Told::Connected).await;
    }

    async fn disconnected(&self, _: Client<AnyNamespace>, reason: DisconnectReason) {
        self.tell(Told::Disconnected(reason)).await;
    }

    async fn connect_error(&self, _: Client<AnyNamespace>, error: ConnectError) {
        self.tell(Told::ConnectError(error)).await;
    }

    async fn reconnecting(&self, _: Client<AnyNamespace>, _: u32, delay: Duration) {
        self.tell(Told::Reconnecting(delay)).await;
    }
}
