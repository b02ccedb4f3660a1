use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    #[event(alias = "say")]
    Post { text: String },
    #[event(alias("speak"))]
    Tell { text: String },
    #[event(akc)]
    Count,
}

fn main() {}
