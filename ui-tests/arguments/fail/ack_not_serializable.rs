use sockeye::ClientToServer;

struct Opaque;

#[derive(ClientToServer)]
enum Request {
    #[event(ack = Opaque)]
    Post,
}

fn main() {}
