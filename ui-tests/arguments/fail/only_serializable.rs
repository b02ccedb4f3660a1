use sockeye::ClientToServer;

#[derive(serde::Serialize)]
struct Message {
    text: String,
}

#[derive(ClientToServer)]
enum Request {
    Post(Message),
}

fn main() {}
