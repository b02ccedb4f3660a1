use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    History {
        #[arg(default)]
        count: u32,
        before: Option<u64>,
        room: String,
    },
    Post(Option<String>, String),
}

fn main() {}
