use sockeye::ClientToServer;

struct Opaque;

#[derive(ClientToServer)]
enum Request {
    Post { fine: u8, opaque: Opaque },
}

fn main() {}
