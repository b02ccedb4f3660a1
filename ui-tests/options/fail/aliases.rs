use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    // The name of another event, and of one that comes later.
    #[event("post", aliases("say", "leave"))]
    Post,
    #[event("leave")]
    Leave,
    #[event(aliases("say"))]
    Tell,
    // The event's own, without a name, and one of the protocol's.
    #[event(aliases("join", "", "disconnect"))]
    Join,
    // No names.
    #[event(aliases())]
    Nothing,
    #[event(aliases = "old")]
    Old,
    #[event(aliases = ["old", "older"])]
    Older,
    #[event(aliases("a", 7, b))]
    NoText,
    #[event(aliases)]
    Bare,
    #[event(aliases("c"), aliases("d"))]
    Twice,
}

fn main() {}
