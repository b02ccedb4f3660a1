use sockeye::{Namespace, ServerToClient, client::Client};

#[derive(ServerToClient)]
pub enum Push {
    /// A message in a room.
    #[event("chat message")]
    Message { room: String, text: String },
    #[event(ack = Vec<String>)]
    Missed(u64),
    #[event(ack = bool)]
    StillThere,
}

#[derive(Namespace)]
#[namespace("/chat", server_to_client = Push)]
pub struct Chat;

struct Bot;

#[derive(Namespace)]
#[namespace("/admin")]
pub struct Admin;

impl PushHandler<Admin> for Bot {
    async fn message(&self, _: Client<Admin>, _room: String, _text: String) {}

    async fn missed(&self, _: Client<Admin>, _since: u64) -> Vec<String> {
        Vec::new()
    }

    async fn still_there(&self, _: Client<Admin>) -> bool {
        true
    }
}

fn main() {}
