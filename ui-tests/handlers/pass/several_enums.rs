#![deny(warnings)]

use sockeye::{ClientToServer, Namespace, ServerToClient, Socket};

#[derive(ClientToServer)]
pub enum Lobby {
    Enter,
}

#[derive(ClientToServer)]
pub enum Game {
    Move(u8),
}

#[derive(ServerToClient)]
pub enum LobbyPush {
    Entered,
}

#[derive(ServerToClient)]
pub enum GamePush {
    Moved(u8),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = [Lobby, Game], server_to_client = [LobbyPush, GamePush])]
pub struct Chat;

struct App;

impl sockeye::Lifecycle<Chat> for App {
    async fn connect(&self, _: sockeye::Handshake<()>) -> Result<(), sockeye::ConnectError> {
        Ok(())
    }
}

impl LobbyHandler<Chat> for App {
    async fn enter(&self, socket: Socket<Chat>) {
        socket.emit_event(&LobbyPush::Entered);
    }
}

impl GameHandler<Chat> for App {
    async fn r#move(&self, socket: Socket<Chat>, to: u8) {
        socket.emit_as::<GamePush>().moved(to);
        socket.broadcast().emit_as::<LobbyPush>().entered();
    }
}

fn main() {
    let _ = sockeye::Server::builder().namespace::<Chat>(App).build();
}
