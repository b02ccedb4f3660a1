use sockeye::{ClientToServer, ServerToClient};

#[derive(ClientToServer, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    #[serde(rename = "chat message", alias = "say")]
    Post { text: String },
    Typing,
}

#[derive(ServerToClient, serde::Serialize)]
enum Push {
    #[serde(skip)]
    Message { text: String },
}

fn main() {}
