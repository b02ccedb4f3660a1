use sockeye::ServerToClient;

struct Opaque;

#[derive(ServerToClient)]
enum Push {
    Message(Opaque),
}

fn main() {}
