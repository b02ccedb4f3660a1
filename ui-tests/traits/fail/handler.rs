use sockeye::prelude::*;

#[events(client_to_server)]
pub trait Request {
    async fn post(&self, text: String) -> u8;
    async fn typing(&self);
    async fn other(&self, number: u8);
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(&self, _: Socket<Chat>, _: u32) -> u8 {
        1
    }
    async fn other(&self, _: Socket<Chat>, _: u8) -> u8 {
        1
    }
}

fn main() {}
