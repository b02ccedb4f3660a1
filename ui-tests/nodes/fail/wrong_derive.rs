use sockeye::Namespace;

#[derive(sockeye::ClientToServer)]
pub enum Request {
    Post(String),
}

#[derive(Namespace)]
#[namespace("/chat", server_to_server = Request)]
pub struct Chat;

fn main() {}
