use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request<const N: usize> {
    Post([u8; N]),
}

fn main() {}
