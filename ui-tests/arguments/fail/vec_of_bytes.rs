use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Upload { name: String, data: Vec<u8> },
}

fn main() {}
