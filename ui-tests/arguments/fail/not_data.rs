use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Boxed(Box<dyn Send>),
    Callback(fn(u8) -> u8),
}

fn main() {}
