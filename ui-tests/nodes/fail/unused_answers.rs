#![deny(unused_must_use)]

use sockeye::{Broadcast, Namespace, ServerToServer};

#[derive(ServerToServer)]
pub enum Cluster {
    #[event(ack = usize)]
    Load,
}

#[derive(Namespace)]
#[namespace("/chat", server_to_server = Cluster)]
pub struct Chat;

async fn emit(io: &Broadcast<Chat>) {
    io.server_side_emit().load();
}

fn main() {}
