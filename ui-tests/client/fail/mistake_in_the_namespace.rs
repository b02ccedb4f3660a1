use sockeye::{Namespace, ServerToClient, client::Client, event::HandlesAll};

#[derive(ServerToClient)]
pub enum Push {
    Message(String),
}

#[derive(Namespace)]
#[namespace("/chat", pushes = Push)]
pub struct Chat;

struct Bot;

impl PushHandler<Chat> for Bot {
    async fn message(&self, _: Client<Chat>, _text: String) {}
}

fn connect<N: Namespace, H: HandlesAll<N, N::ServerToClient, Client<N>>>(_: H) {}

fn main() {
    connect::<Chat, _>(Bot);
}
