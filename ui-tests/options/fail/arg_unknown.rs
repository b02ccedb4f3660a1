use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Post {
        #[arg(defualt)]
        room: String,
        #[arg]
        text: String,
        #[arg("text")]
        other: String,
        #[arg()]
        none: String,
    },
    Numbers(#[arg(aray)] Vec<u8>),
    First(#[arg(nulable)] Option<u8>, u8),
}

fn main() {}
