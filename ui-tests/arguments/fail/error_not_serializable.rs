use sockeye::ClientToServer;

struct Opaque;

#[derive(ClientToServer)]
enum Request {
    #[event(ack = u8, error = Opaque)]
    Post,
}

fn main() {}
