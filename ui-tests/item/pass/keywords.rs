#![deny(warnings)]
#![allow(non_camel_case_types)]

use sockeye::{ClientToServer, Namespace, Socket};

#[derive(ClientToServer)]
pub enum Request {
    Type,
    Match { r#in: u8 },
    Async(u8),
    Self_Made,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn r#type(&self, _: Socket<Chat>) {}
    async fn r#match(&self, _: Socket<Chat>, r#in: u8) {
        let _ = r#in;
    }
    async fn r#async(&self, _: Socket<Chat>, _: u8) {}
    async fn self_made(&self, _: Socket<Chat>) {}
}

fn main() {
    fn handles<H: RequestHandler<Chat>>(_: H) {}
    handles(App);
}
