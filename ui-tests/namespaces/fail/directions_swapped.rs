use sockeye::Namespace;

#[derive(sockeye::ClientToServer)]
pub enum Request {
    Post(String),
}

#[derive(sockeye::ServerToClient)]
pub enum Push {
    Message(String),
}


#[derive(Namespace)]
#[namespace("/chat", client_to_server = Push, server_to_client = Request)]
pub struct Chat;

fn main() {}
