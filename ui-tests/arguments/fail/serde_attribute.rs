use sockeye::ClientToServer;

#[derive(ClientToServer, serde::Serialize)]
enum Request {
    Post {
        #[serde(rename = "message")]
        text: String,
    },
}

fn main() {}
