use sockeye::{ClientToServer, Namespace, ServerToClient, Socket, client::Client, event::HandlesAll};

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

fn connect<N: Namespace, H: HandlesAll<N, N::ServerToClient, Client<N>>>(_: H) {}

fn main() {
    connect::<Chat, _>(Bot);
}
