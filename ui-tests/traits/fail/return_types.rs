use std::io;

use sockeye::prelude::*;

#[events(client_to_server)]
pub trait Request {
    async fn read(&self) -> io::Result<String>;
    #[event("save", ack = u8)]
    async fn write(&self) -> u8;
    #[event(error = u8)]
    async fn append(&self);
    async fn bytes(&self) -> Vec<u8>;
    async fn text(&self) -> Result<&'static str, String>;
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn read(&self, _: Socket<Chat>) -> io::Result<String> {
        Ok(String::new())
    }
    async fn write(&self, _: Socket<Chat>) -> u8 {
        1
    }
    async fn append(&self, _: Socket<Chat>) {}
    async fn bytes(&self, _: Socket<Chat>) -> Vec<u8> {
        vec![]
    }
    async fn text(&self, _: Socket<Chat>) -> Result<&'static str, String> {
        Ok("")
    }
}

fn main() {}
