use sockeye::{ClientToServer, Namespace, Socket};

#[derive(ClientToServer)]
pub enum Request {
    #[event(ack = u64, error = String)]
    Post { text: String },
    Typing,
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Request> for App {
    async fn post(&self, _: Socket<Request>, _text: String) -> Result<u64, String> {
        Ok(1)
    }

    async fn typing(&self, _: Socket<Request>) {}
}

fn main() {}
