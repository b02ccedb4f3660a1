use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event]
    Post,
    #[event()]
    History,
    #[event = "typing"]
    Typing,
}

fn main() {}
