#![deny(warnings)]

use sockeye::{ClientToServer, Namespace, Socket};

#[derive(ClientToServer)]
pub enum Request {
    #[deprecated = "use `Other`"]
    Old(u8),
    Other,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn old(&self, _: Socket<Chat>, _: u8) {}
    async fn other(&self, _: Socket<Chat>) {}
}

fn main() {
    fn handles<H: RequestHandler<Chat>>(_: H) {}
    handles(App);
}
