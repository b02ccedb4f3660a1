use sockeye::{ClientToServer, ServerToClient, ServerToServer};

#[derive(ClientToServer)]
enum Request {
    #[event(guard = "Operator")]
    Kick,
    #[event(guard(Operator))]
    Ban,
    #[event(guard)]
    Warn,
    #[event(guard = Operator, guard = Admin)]
    Close,
    #[event(guard = &'static str)]
    Borrow,
    #[event(ack = "u8")]
    Quoted,
}

#[derive(ServerToClient)]
enum Push {
    #[event(guard = Operator)]
    Message,
}

#[derive(ServerToServer)]
enum Peer {
    #[event(guard = Operator)]
    Load,
}

fn main() {}
