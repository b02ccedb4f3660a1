use sockeye::{Broadcast, ClientToServer, Namespace, ServerToServer, Socket};

#[derive(ClientToServer)]
pub enum Request {
    Typing,
}

#[derive(ServerToServer)]
pub enum Cluster {
    Refresh,
}

#[derive(ServerToServer)]
pub enum Cache {
    Invalidate(String),
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request, server_to_server = [Cluster, Cache])]
pub struct Chat;

struct App;

impl sockeye::Lifecycle<Chat> for App {
    async fn connect(&self, _: sockeye::Handshake<()>) -> Result<(), sockeye::ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Chat> for App {
    async fn typing(&self, _: Socket<Chat>) {}
}

impl CacheHandler<Chat> for App {
    async fn invalidate(&self, _: Broadcast<Chat>, _key: String) {}
}

fn main() {
    let _ = sockeye::Server::builder().namespace::<Chat>(App).build();
}
