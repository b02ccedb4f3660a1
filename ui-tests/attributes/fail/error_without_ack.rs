use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event(error = String)]
    Post,
}

fn main() {}
