use std::sync::Arc;

use sockeye::{Namespace, ServerToClient, client::Client, event::HandlesAll};

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

fn connect<N: Namespace, H: HandlesAll<N, N::ServerToClient, Client<N>>>(_: H) {}

fn main() {
    connect::<Chat, _>(Bot);
    connect::<Chat, _>(Arc::new(Bot));
}
