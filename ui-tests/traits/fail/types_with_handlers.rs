//! A handler is right whatever stands for a type that cannot be.

use sockeye::prelude::*;

#[sockeye::events(client_to_server)]
pub trait Request {
    async fn own(&self, text: Self);
    async fn generic<T>(&self, text: T);
    async fn borrowed(&self, text: &str);
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn own(&self, _: Socket<Chat>, _: String) {}
    async fn generic(&self, _: Socket<Chat>, _: String) {}
    async fn borrowed(&self, _: Socket<Chat>, _: String) {}
}

fn main() {}
