use sockeye::prelude::*;

pub struct Wait;

#[events(client_to_server)]
pub trait Request {
    fn not_async(&self, text: String);
    fn future(&self) -> impl Future<Output = u8>;
    async fn no_self(text: String);
    async fn no_parameter();
    async fn mutable(&mut self);
    async fn owned(self);
    async fn with_lifetime<'a>(&'a self, text: String);
    async fn generic<T>(&self, value: T) -> u8;
    async fn bounded(&self) where Self: Sized;
    async fn pattern(&self, (x, y): (u8, u8), mut z: u8, _: u8);
    async fn socket(&self, socket: Socket<Chat>, text: String);
    async fn borrowed(&self, text: &str);
    async fn body(&self, text: String) -> u8 {
        text.len() as u8
    }
    async unsafe fn dangerous(&self);
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

struct App;

// Nothing of the above is said again here.
impl RequestHandler<Chat> for App {
    async fn not_async(&self, _: Socket<Chat>, _: String) {}
    async fn future(&self, _: Socket<Chat>) {}
    async fn no_self(&self, _: Socket<Chat>, _: String) {}
    async fn no_parameter(&self, _: Socket<Chat>) {}
    async fn mutable(&self, _: Socket<Chat>) {}
    async fn owned(&self, _: Socket<Chat>) {}
    async fn with_lifetime(&self, _: Socket<Chat>, _: String) {}
    async fn generic(&self, _: Socket<Chat>, _: ()) -> u8 {
        1
    }
    async fn bounded(&self, _: Socket<Chat>) {}
    async fn pattern(&self, _: Socket<Chat>, _: (u8, u8), _: u8, _: u8) {}
    async fn socket(&self, _: Socket<Chat>, _: String) {}
    async fn borrowed(&self, _: Socket<Chat>, _: &str) {}
    async fn body(&self, _: Socket<Chat>, _: String) -> u8 {
        1
    }
    async fn dangerous(&self, _: Socket<Chat>) {}
}

fn main() {}
