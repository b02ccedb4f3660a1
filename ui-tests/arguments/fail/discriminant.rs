use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Post = 1,
    History = 2,
}

fn main() {}
