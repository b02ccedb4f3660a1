use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Post(impl Clone),
}

fn main() {}
