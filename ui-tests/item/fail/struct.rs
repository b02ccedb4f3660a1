use sockeye::ClientToServer;

#[derive(ClientToServer)]
struct Request {
    text: String,
}

fn main() {}
