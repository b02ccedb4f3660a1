use sockeye::{ClientToServer, ConnectError, Handshake, Lifecycle, Namespace, Server, Socket};

struct Operator;

#[derive(ClientToServer)]
enum Request {
    #[event(guard = Operator)]
    Kick { user: u64 },
    #[event(guard = Operator)]
    Ban { user: u64 },
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

struct App;

impl Lifecycle<Chat> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Chat> for App {
    async fn kick(&self, _: Socket<Chat>, _: Operator, _: u64) {}
    async fn ban(&self, _: Socket<Chat>, _: Operator, _: u64) {}
}

fn main() {
    let _ = Server::builder().namespace::<Chat>(App).build();
}
