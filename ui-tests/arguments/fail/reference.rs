use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Post(&'static str),
    Nested(Option<&'static [u8]>),
}

fn main() {}
