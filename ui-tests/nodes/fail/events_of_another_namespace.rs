use sockeye::{Broadcast, Namespace, ServerToServer};

#[derive(ServerToServer)]
pub enum Cluster {
    ConfigChanged { version: u64 },
}

#[derive(Namespace)]
#[namespace("/chat", server_to_server = Cluster)]
pub struct Chat;

#[derive(Namespace)]
#[namespace("/admin")]
pub struct Admin;

async fn emit(io: &Broadcast<Admin>) {
    io.server_side_emit_as::<Cluster>().config_changed(7);
}

fn main() {}
