use sockeye::ClientToServer;

#[derive(serde::Serialize, serde::Deserialize)]
enum PostError {
    TooLong,
}

#[derive(ClientToServer)]
enum Request {
    #[event(ack = u8, error = PostError)]
    Post,
}

fn main() {}
