use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event(ack = bool, ack = u64)]
    Post,
}

fn main() {}
