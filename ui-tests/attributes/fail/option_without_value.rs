use sockeye::{ClientToServer, Namespace};

#[derive(ClientToServer)]
#[events(rename_all)]
enum Request {
    #[event(ack)]
    Post,
    #[event("history", ack =, error = String)]
    History,
}

#[derive(Namespace)]
#[namespace("/", client_to_server, auth = )]
struct Chat;

fn main() {}
