use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Self_,
    Super,
    Crate,
}

fn main() {}
