use sockeye::{Namespace, ServerToServer};

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

fn main() {
    let _ = sockeye::Server::builder().namespace::<Chat>(App).build();
}
