use sockeye::ClientToServer;

struct Opaque;

struct Dark;

#[derive(ClientToServer)]
enum Request {
    Post { opaque: Opaque, fine: u8 },
    Edit(Dark),
}

fn main() {}
