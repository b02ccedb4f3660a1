use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[event("request")]
enum Request {
    Post,
}

fn main() {}
