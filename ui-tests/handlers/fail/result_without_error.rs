use sockeye::{ClientToServer, Namespace, Socket};

#[derive(ClientToServer)]
pub enum Request {
    #[event(ack = u64)]
    Post { text: String },
    Typing,
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(&self, _: Socket<Chat>, _text: String) -> Result<u64, String> {
        Ok(1)
    }

    async fn typing(&self, _: Socket<Chat>) {}
}

fn main() {}
