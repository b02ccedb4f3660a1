use sockeye::{Namespace, ServerToClient, client::Client};

#[derive(ServerToClient)]
pub enum Push {
    Message(String),
}

#[derive(Namespace)]
#[namespace("/chat", server_to_client = Push)]
pub struct Chat;

struct Bot;

fn main() {
    let _ = Client::<Chat>::builder("http://localhost").connect(Bot);
}
