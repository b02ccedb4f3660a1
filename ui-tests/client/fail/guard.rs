use sockeye::{Namespace, ServerToClient, client::Client};

#[derive(ServerToClient)]
pub enum Push {
    #[event(guard = Operator)]
    Message(String),
}

pub struct Operator;

#[derive(Namespace)]
#[namespace("/chat", server_to_client = Push)]
pub struct Chat;

struct Bot;

impl PushHandler<Chat> for Bot {
    async fn message(&self, _: Client<Chat>, _: Operator, _text: String) {}
}

fn main() {}
