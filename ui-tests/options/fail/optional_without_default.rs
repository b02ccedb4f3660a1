use sockeye::{ClientToServer, Namespace};

#[derive(serde::Serialize, serde::Deserialize)]
struct MessageId(u64);

#[derive(ClientToServer)]
enum Request {
    #[event(optional, ack = MessageId)]
    Post { text: String },
    #[event(optional, ack = MessageId, error = String)]
    Send { text: String },
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

struct App;

impl RequestHandler<Chat> for App {}

fn main() {}
