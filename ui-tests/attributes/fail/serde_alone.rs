use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[serde(rename_all = "snake_case")]
enum Request {
    #[serde(rename = "chat message")]
    Post { text: String },
}

fn main() {}
