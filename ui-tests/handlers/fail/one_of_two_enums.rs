use sockeye::{ClientToServer, Namespace, Socket};

#[derive(ClientToServer)]
pub enum Lobby {
    Enter,
}

#[derive(ClientToServer)]
pub enum Game {
    Move(u8),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = [Lobby, Game])]
pub struct Chat;

struct App;

impl sockeye::Lifecycle<Chat> for App {
    async fn connect(&self, _: sockeye::Handshake<()>) -> Result<(), sockeye::ConnectError> {
        Ok(())
    }
}

impl LobbyHandler<Chat> for App {
    async fn enter(&self, _: Socket<Chat>) {}
}

fn main() {
    let _ = sockeye::Server::builder().namespace::<Chat>(App).build();
}
