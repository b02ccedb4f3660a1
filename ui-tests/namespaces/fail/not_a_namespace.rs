use sockeye::prelude::*;

#[derive(ClientToServer)]
enum Request {
    Typing,
}

struct Chat;
struct App;

impl RequestHandler<Chat> for App {
    async fn typing(&self, _: Socket<Chat>) {}
}

fn main() {}
