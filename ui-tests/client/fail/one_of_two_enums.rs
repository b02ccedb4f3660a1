use sockeye::{Namespace, ServerToClient, client::Client};

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

fn main() {
    let _ = Client::<Chat>::builder("http://localhost").connect(Bot);
}
