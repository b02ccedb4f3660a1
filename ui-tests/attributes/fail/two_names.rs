use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event("post", "message")]
    Post,
}

fn main() {}
