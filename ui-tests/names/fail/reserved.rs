use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Connect,
    #[event("connect_error")]
    Refused,
    Disconnect,
    Disconnecting,
    NewListener,
    RemoveListener,
}

fn main() {}
