use sockeye::{ClientToServer, FromSocket, Namespace, Refused, Socket};

struct Operator;

#[derive(ClientToServer)]
enum Request {
    #[event(guard = Operator)]
    Kick { user: u64 },
    #[event(guard = Operator)]
    Ban(u64),
    #[event(guard = Operator)]
    Warn(u64),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

impl FromSocket<Chat> for Operator {
    async fn from_socket(_: &Socket<Chat>) -> Result<Self, Refused> {
        Ok(Self)
    }
}

struct App;

impl RequestHandler<Chat> for App {
    async fn kick(&self, _: Socket<Chat>, _user: u64) {}
    async fn ban(&self, _: Socket<Chat>, _user: u64, _: Operator) {}
    async fn warn(&self, _: Operator, _: Socket<Chat>, _user: u64) {}
}

fn main() {}
