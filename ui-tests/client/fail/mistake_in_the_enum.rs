use std::sync::Arc;

use sockeye::{Namespace, ServerToClient, client::Client};

#[derive(ServerToClient)]
pub enum Push {
    #[event("disconnect")]
    Leave(u8),
    #[event(ack = bool)]
    StillThere,
}

#[derive(Namespace)]
#[namespace("/chat", server_to_client = Push)]
pub struct Chat;

struct Bot;

impl PushHandler<Chat> for Bot {
    async fn leave(&self, _: Client<Chat>, _: u8) {}

    async fn still_there(&self, _: Client<Chat>) -> bool {
        true
    }
}

fn main() {
    let _ = Client::<Chat>::builder("http://localhost").connect(Bot);
    let _ = Client::<Chat>::builder("http://localhost").connect(Arc::new(Bot));
}
