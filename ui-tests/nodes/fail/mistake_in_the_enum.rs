use sockeye::{Broadcast, Namespace, ServerToServer};

#[derive(ServerToServer)]
pub enum Cluster {
    Connection,
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
    async fn connection(&self, _: Broadcast<Chat>) {}

    async fn load(&self, io: Broadcast<Chat>) -> usize {
        io.server_side_emit().load().await.map_or(0, |loads| loads.len())
    }
}

fn main() {
    let _ = sockeye::Server::builder().namespace::<Chat>(App).build();
}
