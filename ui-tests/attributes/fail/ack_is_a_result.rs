use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event(ack = Result<u64, String>)]
    Post,
}

fn main() {}
