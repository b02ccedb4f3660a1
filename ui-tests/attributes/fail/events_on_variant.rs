use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[events("post")]
    Post,
}

fn main() {}
