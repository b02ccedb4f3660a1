use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event(name = "chat message")]
    Post,
}

fn main() {}
