use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request<'a> {
    Post(&'a str),
}

fn main() {}
