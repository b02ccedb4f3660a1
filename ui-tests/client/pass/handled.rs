#![deny(warnings)]

use std::sync::Arc;

use bytes::Bytes;
use sockeye::{
    DecodeError, Namespace, ServerToClient, Socket,
    client::Client,
    event::{HandlesAll, ReceivesFromServer},
};

#[derive(ServerToClient)]
#[events(rename_all = "kebab-case")]
pub enum LobbyPush {
    /// Somebody is there.
    #[event("entered", aliases("joined"))]
    Entered { client: String, name: String },
    #[event(ack = u64, error = Refusal)]
    Invited(#[arg(nullable)] Option<String>, u8),
    #[event(optional, ack = Vec<String>, error = Refusal)]
    Missed,
    #[event(optional)]
    Typing(u64),
    #[deprecated]
    Old,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub enum Refusal {
    Malformed(String),
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error.to_string())
    }
}

// Private, as its handler trait is then.
#[derive(ServerToClient)]
enum GamePush {
    Moved(u8),
    Drawn(Bytes),
}

#[derive(Namespace)]
#[namespace("/", server_to_client = [LobbyPush, GamePush])]
struct Chat;

#[derive(Namespace)]
#[namespace("/table-{id}", server_to_client = GamePush)]
struct Table {
    id: u32,
}

struct Bot;

impl LobbyPushHandler<Chat> for Bot {
    async fn entered(&self, _client: Client<Chat>, who: String, name: String) {
        drop((who, name));
    }

    async fn invited(&self, _: Client<Chat>, _by: Option<String>, _: u8) -> Result<u64, Refusal> {
        Err(Refusal::Malformed(String::new()))
    }

    async fn old(&self, _: Client<Chat>) {}
}

// For every namespace that sends them.
impl<N: ReceivesFromServer<GamePush>> GamePushHandler<N> for Bot {
    async fn moved(&self, client: Client<N>, _: u8) {
        let _other = client.clone();
    }

    fn drawn(&self, _: Client<N>, data: Bytes) -> impl Future<Output = ()> + Send {
        async move { drop(data) }
    }
}

/// What connecting asks.
fn handles<N: Namespace, H: HandlesAll<N, N::ServerToClient, Client<N>>>(_: &H) {}

/// The same enums are emitted by a server.
fn emits(socket: &Socket<Chat>, table: &Socket<Table>) {
    socket.emit_as::<LobbyPush>().typing(7);
    table.emit().moved(1);
}

fn main() {
    let _ = emits;
    let bot = Arc::new(Bot);
    handles::<Chat, _>(&*bot);
    handles::<Chat, _>(&bot);
    handles::<Table, _>(&bot);
}
