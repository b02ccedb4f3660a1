use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event(7)]
    Post,
    #[event('x')]
    History,
}

fn main() {}
