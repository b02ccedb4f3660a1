use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Post {
        #[event(default)]
        room: String,
    },
}

fn main() {}
