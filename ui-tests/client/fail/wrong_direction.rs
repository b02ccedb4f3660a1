use sockeye::{ClientToServer, Namespace, ServerToClient, client::Client};

#[derive(ClientToServer)]
pub enum Request {
    Typing,
}

#[derive(ServerToClient)]
pub enum Push {
    Message(String),
}

#[derive(Namespace)]
#[namespace("/chat", server_to_client = Request)]
pub struct Chat;

struct Bot;

impl PushHandler<Chat> for Bot {
    async fn message(&self, _: Client<Chat>, _text: String) {}
}

fn main() {
    let _ = Client::<Chat>::builder("http://localhost").connect(Bot);
}
