use sockeye::ServerToClient;

#[derive(ServerToClient)]
enum Push {
    #[event(optional)]
    Message(String),
}

fn main() {}
