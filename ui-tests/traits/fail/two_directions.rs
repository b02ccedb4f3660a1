use sockeye::prelude::*;

#[events(client_to_server, server_to_client)]
pub trait Both {
    async fn typing(&self);
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Both, server_to_client = Both)]
struct Chat;

fn main() {}
