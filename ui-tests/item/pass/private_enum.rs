#![deny(dead_code, warnings)]

use sockeye::{ClientToServer, Namespace, ServerToClient};

#[derive(ClientToServer)]
enum Request {
    Post { text: String },
    Typing,
}

#[derive(ServerToClient)]
enum Push {
    Message(String),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push)]
struct Chat;

fn main() {
    // All that a program without handlers does with a namespace.
    fn namespace<N: Namespace>() {}
    namespace::<Chat>();
}
