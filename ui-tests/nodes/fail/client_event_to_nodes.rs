use sockeye::{Broadcast, ClientToServer, Namespace, ServerToServer};

#[derive(ServerToServer)]
pub enum Cluster {
    ConfigChanged { version: u64 },
}

#[derive(ClientToServer)]
pub enum Request {
    Typing,
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request, server_to_server = Cluster)]
pub struct Chat;

async fn emit(io: &Broadcast<Chat>) {
    io.server_side_emit_as::<Request>().typing();
}

fn main() {}
