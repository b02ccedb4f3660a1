use sockeye::ClientToServer;

struct Opaque;

#[derive(ClientToServer)]
enum Request {
    #[event(ack = Opaque, error = String)]
    Post,
}

fn main() {}
