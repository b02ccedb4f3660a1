use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[events(rename_all = "lowercase")]
enum Request {
    UserTyping,
    #[event("usertyping")]
    Typing,
}

fn main() {}
