use sockeye::prelude::*;

#[derive(ClientToServer)]
pub enum Lobby {
    Enter,
}

#[derive(ClientToServer)]
pub enum Game {
    Move(u8),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = (Lobby, Game))]
pub struct Main;

fn main() {}
