use sockeye::{Broadcast, Namespace, ServerToServer};

#[derive(ServerToServer)]
pub enum Cluster {
    ConfigChanged { version: u64 },
    #[event(ack = usize)]
    Load,
}

#[derive(Namespace)]
#[namespace("/chat", server_to_server = Cluster)]
pub struct Chat;

struct App;

impl sockeye::Lifecycle<Chat> for App {
    async fn connect(&self, _: sockeye::Handshake<()>) -> Result<(), sockeye::ConnectError> {
        Ok(())
    }
}

impl ClusterHandler<Chat> for App {
    async fn config_changed(&self, _: Broadcast<Chat>, _version: u64) {}
}

fn main() {}
