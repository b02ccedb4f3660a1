use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event("post", guard = Operator, ack = bool)]
    Post,
}

fn main() {}
