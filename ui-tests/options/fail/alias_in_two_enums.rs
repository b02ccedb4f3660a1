use sockeye::{ClientToServer, Namespace};

#[derive(ClientToServer)]
enum Lobby {
    #[event("enter", aliases("join"))]
    Enter,
}

#[derive(ClientToServer)]
enum Game {
    #[event("start", aliases("enter"))]
    Start,
}

#[derive(ClientToServer)]
enum Admin {
    #[event("join")]
    Join,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = [Lobby, Game, Admin])]
struct Main;

fn main() {}
