use sockeye::{Namespace, ServerToClient, client::Client, event::HandlesAll};

#[derive(ServerToClient)]
pub enum Push {
    Message(String),
}

#[derive(Namespace)]
#[namespace("/chat", server_to_client = Push)]
pub struct Chat;

struct Bot;

fn connect<N: Namespace, H: HandlesAll<N, N::ServerToClient, Client<N>>>(_: H) {}

fn main() {
    connect::<Chat, _>(Bot);
}
