use sockeye::ServerToServer;

#[derive(ServerToServer)]
enum Peer {
    Connection,
    #[event("new_namespace")]
    Namespace,
}

fn main() {}
