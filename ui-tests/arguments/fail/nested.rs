use sockeye::ClientToServer;

struct Opaque;

#[derive(ClientToServer)]
enum Request {
    Post(Vec<Opaque>),
}

fn main() {}
