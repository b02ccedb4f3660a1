use sockeye::{Namespace, ServerToClient};

#[derive(ServerToClient)]
pub enum Push {
    Message(String),
}

#[derive(Namespace)]
#[namespace("/chat", server_to_client = Push, server_to_server = Push)]
pub struct Chat;

fn main() {}
