use sockeye::{Namespace, ServerToClient, client::Client, event::HandlesAll};

#[derive(ServerToClient)]
pub enum LobbyPush {
    Entered,
}

#[derive(ServerToClient)]
pub enum GamePush {
    Moved(u8),
}

#[derive(Namespace)]
#[namespace("/", server_to_client = [LobbyPush, GamePush])]
pub struct Chat;

struct Bot;

impl LobbyPushHandler<Chat> for Bot {
    async fn entered(&self, _: Client<Chat>) {}
}

fn connect<N: Namespace, H: HandlesAll<N, N::ServerToClient, Client<N>>>(_: H) {}

fn main() {
    connect::<Chat, _>(Bot);
}
