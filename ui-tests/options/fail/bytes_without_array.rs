use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Post(Vec<u8>),
    #[event(ack = Vec<u8>)]
    Read,
}

fn main() {}
