use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[arg(default)]
enum Request {
    #[arg(default)]
    Post {
        #[event(default)]
        room: String,
        #[events(deny_extra)]
        text: String,
    },
}

fn main() {}
