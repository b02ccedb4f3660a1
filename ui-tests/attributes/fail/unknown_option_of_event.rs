use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event("post", akc = bool)]
    Post,
}

fn main() {}
