use sockeye::{ClientToServer, Namespace, ServerToClient, Socket, client::Client};

#[derive(ClientToServer)]
pub enum Request {
    Typing,
}

#[derive(ServerToClient)]
pub enum Push {
    Typing,
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request, server_to_client = Push)]
pub struct Chat;

struct Bot;

impl RequestHandler<Chat> for Bot {
    async fn typing(&self, _: Socket<Chat>) {}
}

fn main() {
    let _ = Client::<Chat>::builder("http://localhost").connect(Bot);
}
