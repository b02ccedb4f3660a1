use sockeye::{ClientToServer, Namespace};

#[derive(ClientToServer)]
pub enum Lobby {
    Join(String),
    Leave,
}

#[derive(ClientToServer)]
pub enum Game {
    Start,
    Leave,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = [Lobby, Game])]
pub struct App;

fn main() {}
