use sockeye::{ClientToServer, Namespace, client::Client};

#[derive(ClientToServer)]
pub enum Request {
    Typing,
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

struct Bot;

impl RequestHandler<Chat> for Bot {
    async fn typing(&self, _: Client<Chat>) {}
}

fn main() {}
