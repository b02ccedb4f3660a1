// Read on as what was meant: the handlers are right.
use sockeye::prelude::*;

#[derive(ClientToServer)]
enum Request {
    #[event("x", akc = u64)]
    Post,
}

#[derive(Namespace)]
#[namespace("/", clientToServer = Request, sesion = u8)]
struct Chat;

struct App;

impl Lifecycle<Chat> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<u8, ConnectError> {
        Ok(1)
    }
}

impl RequestHandler<Chat> for App {
    async fn post(&self, socket: Socket<Chat>) -> u64 {
        u64::from(*socket.session())
    }
}

fn main() {
    let _ = Server::builder().namespace::<Chat>(App).build();
}
