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
#[namespace("/legacy", untyped, client_to_server = Request)]
struct Legacy;

fn main() {}
