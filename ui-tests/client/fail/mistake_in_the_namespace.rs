use sockeye::{Namespace, ServerToClient, client::Client};

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

fn main() {
    let _ = Client::<Chat>::builder("http://localhost").connect(Bot);
}
