use sockeye::{Namespace, ServerToServer, Socket};

#[derive(ServerToServer)]
pub enum Cluster {
    ConfigChanged { version: u64 },
}

#[derive(Namespace)]
#[namespace("/chat", server_to_server = Cluster)]
pub struct Chat;

async fn emit(socket: &Socket<Chat>) {
    socket.emit_as::<Cluster>().config_changed(7);
}

fn main() {}
