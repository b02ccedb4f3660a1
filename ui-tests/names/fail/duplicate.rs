use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event("message")]
    Post(String),
    #[event("message")]
    Edit(String),
}

fn main() {}
