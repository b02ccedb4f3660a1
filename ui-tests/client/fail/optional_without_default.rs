use sockeye::ServerToClient;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Answer(u64);

#[derive(ServerToClient)]
pub enum Push {
    #[event(optional, ack = Answer)]
    Ask(String),
}

fn main() {}
