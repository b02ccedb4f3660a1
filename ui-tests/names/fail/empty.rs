use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event("")]
    Post,
}

fn main() {}
