use sockeye::{Namespace, ServerToClient, Socket};

#[derive(ServerToClient)]
pub enum ChatPush {
    #[event("chat message")]
    Message(Message),
    UserTyping { user: u64 },
    #[event(ack = bool)]
    StillThere,
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Message {
    text: String,
}

#[derive(ServerToClient)]
pub enum AdminPush {
    Kicked,
}

#[derive(sockeye::ClientToServer)]
pub enum Request {
    Post(String),
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request, server_to_client = ChatPush)]
pub struct Chat;

async fn emit(socket: &Socket<Chat>) {
    socket.emit().message("hi");
}

fn main() {}
