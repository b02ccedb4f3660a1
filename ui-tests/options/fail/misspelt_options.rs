use sockeye::{ClientToServer, FromSocket, Namespace, Refused, Socket};

struct Operator;

impl FromSocket<Chat> for Operator {
    async fn from_socket(_: &Socket<Chat>) -> Result<Self, Refused> {
        Ok(Self)
    }
}

// What was meant is known well enough for the handlers below to be right.
#[derive(ClientToServer)]
#[events(denyextra)]
enum Request {
    #[event(gaurd = Operator)]
    Kick { user: u64 },
    #[event(akc = u64)]
    Post { text: String },
    #[event(optionall)]
    Typing,
    #[event(alias("x"))]
    Other,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn kick(&self, _: Socket<Chat>, _: Operator, _user: u64) {}
    async fn post(&self, _: Socket<Chat>, text: String) -> u64 {
        text.len() as u64
    }
    async fn other(&self, _: Socket<Chat>) {}
}

fn main() {}
