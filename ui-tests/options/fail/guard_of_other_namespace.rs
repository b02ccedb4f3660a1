use sockeye::{ClientToServer, FromSocket, Namespace, Refused, Socket};

struct Operator;

#[derive(ClientToServer)]
enum Request {
    #[event(guard = Operator)]
    Kick { user: u64 },
}

#[derive(ClientToServer)]
enum Other {
    Typing,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = [Other, Request])]
struct Chat;

#[derive(Namespace)]
#[namespace("/admin")]
struct Admin;

impl FromSocket<Admin> for Operator {
    async fn from_socket(_: &Socket<Admin>) -> Result<Self, Refused> {
        Ok(Self)
    }
}

fn main() {}
