use sockeye::{Namespace, ServerToServer};

#[derive(ServerToServer)]
pub enum Cluster {
    Load,
    Refresh,
}

#[derive(ServerToServer)]
pub enum Cache {
    Refresh,
}

#[derive(Namespace)]
#[namespace("/", server_to_server = [Cluster, Cache])]
pub struct App;

fn main() {}
