use sockeye::{ClientToServer, Namespace, Socket};

#[derive(ClientToServer)]
pub enum Request {
    /// Post a message to a room.
    #[event("chat message", ack = u64, error = String)]
    Post { room: String, text: String },
    #[event(ack = Vec<String>)]
    History(String),
    Typing,
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(&self, _: Socket<Chat>, _room: String, _text: String) -> Result<u64, String> {
        Ok(1)
    }

    async fn history(&self, _: Socket<Chat>, _room: String) -> String {
        String::new()
    }

    async fn typing(&self, _: Socket<Chat>) {}
}

fn main() {}
