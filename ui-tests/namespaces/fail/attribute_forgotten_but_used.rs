// One mistake, however much builds on it.
use sockeye::prelude::*;

#[derive(ClientToServer)]
enum Request {
    #[event(ack = u64)]
    Post,
}

#[derive(Namespace)]
struct Chat;

struct App;

impl Lifecycle<Chat> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Chat> for App {
    async fn post(&self, _: Socket<Chat>) -> u64 {
        1
    }
}

fn main() {
    let _ = Server::builder().namespace::<Chat>(App).build();
}
