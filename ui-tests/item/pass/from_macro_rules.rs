#![deny(warnings)]

use sockeye::{ClientToServer, Namespace, Socket};

macro_rules! request {
    ($name:ident, $text:literal, $post:ident($arg:ty), $ack:ty) => {
        #[derive(ClientToServer)]
        pub enum $name {
            #[event($text, ack = $ack)]
            $post($arg, u8),
            Other {
                socket: $arg,
            },
        }
    };
}

request!(Request, "chat message", Post(Vec<String>), Option<u64>);

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(&self, _: Socket<Chat>, _: Vec<String>, _: u8) -> Option<u64> {
        None
    }
    async fn other(&self, _: Socket<Chat>, _: Vec<String>) {}
}

fn main() {
    fn handles<H: RequestHandler<Chat>>(_: H) {}
    handles(App);
}
