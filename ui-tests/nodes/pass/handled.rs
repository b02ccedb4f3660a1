#![deny(warnings, missing_docs)]
//! Events between nodes: one enum, several, and beside those of clients.

use std::sync::Arc;

use sockeye::{Broadcast, ClientToServer, Namespace, ServerToServer, Socket};

/// Between the nodes of a cluster.
#[derive(ServerToServer)]
pub enum Cluster {
    /// To all.
    ConfigChanged {
        /// Called what the handler's own parameter is called.
        io: u64,
        /// And what clients' handlers have.
        socket: String,
    },
    /// How much is there to do?
    #[event(ack = usize, error = String)]
    Load,
    /// Gone soon.
    #[deprecated]
    Old,
}

/// Another set.
#[derive(ServerToServer)]
pub enum Cache {
    /// Forget it.
    Invalidate(String),
}

/// None yet.
#[derive(ServerToServer)]
pub enum Later {}

/// What clients send, with the same method.
#[derive(ClientToServer)]
pub enum Request {
    /// How much is there to do?
    #[event(ack = usize)]
    Load,
}

/// One set.
#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_server = Cluster)]
pub struct Chat;

/// Several.
#[derive(Namespace)]
#[namespace("/table-{id}", server_to_server = [Cluster, Cache, Later])]
pub struct Table {
    id: u32,
}

/// The events of clients are not known, those between nodes are.
#[derive(Namespace)]
#[namespace("/legacy", untyped, server_to_server = Cache)]
pub struct Legacy;

struct App;

impl<N: Namespace<Auth = (), Session = ()>> sockeye::Lifecycle<N> for App {
    async fn connect(&self, _: sockeye::Handshake<()>) -> Result<(), sockeye::ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Chat> for App {
    async fn load(&self, socket: Socket<Chat>) -> usize {
        let nodes = socket.everyone().server_side_emit();
        nodes.config_changed(7u64, "x");
        nodes.load().await.map_or_else(|error| error.values.len(), |loads| loads.into_iter().sum())
    }
}

impl ClusterHandler<Chat> for App {
    async fn config_changed(&self, io: Broadcast<Chat>, version: u64, _: String) {
        let _ = (io.server().stats(), version);
    }

    async fn load(&self, io: Broadcast<Chat>) -> Result<usize, String> {
        Ok(io.sockets().len())
    }

    async fn old(&self, _: Broadcast<Chat>) {}
}

impl ClusterHandler<Table> for App {
    async fn config_changed(&self, _: Broadcast<Table>, _: u64, _: String) {}

    async fn load(&self, io: Broadcast<Table>) -> Result<usize, String> {
        io.server_side_emit_as::<Cache>().invalidate("x");
        Err(String::new())
    }

    async fn old(&self, _: Broadcast<Table>) {}
}

impl CacheHandler<Table> for App {
    async fn invalidate(&self, io: Broadcast<Table>, _: String) {
        io.server().of_with(Table { id: 7 }).server_side_emit_as::<Cluster>().config_changed(7u64, "x");
    }
}

impl LaterHandler<Table> for App {}

impl CacheHandler<Legacy> for App {
    async fn invalidate(&self, _: Broadcast<Legacy>, _: String) {}
}

impl sockeye::UntypedHandler<Legacy> for App {
    async fn event(&self, _: Socket<Legacy>, _: sockeye::UntypedEvent) {}
}

fn main() {
    let app = Arc::new(App);
    let _ = sockeye::Server::builder()
        .namespace::<Chat>(Arc::clone(&app))
        .namespace::<Table>(Arc::clone(&app))
        .namespace::<Legacy>(app)
        .build();
}
