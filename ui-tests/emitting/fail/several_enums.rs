use sockeye::{Broadcast, ClientToServer, Namespace, ServerToClient, ServerToServer, Socket};

#[derive(ClientToServer)]
enum Request {
    Post { text: String },
}

#[derive(ClientToServer)]
enum Vote {
    Yes,
}

#[derive(ServerToClient)]
enum Push {
    Message { text: String },
}

#[derive(ServerToClient)]
enum Alert {
    Fire,
}

#[derive(ServerToServer)]
enum Cluster {
    Changed,
}

#[derive(ServerToServer)]
enum Jobs {
    Done,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = [Request, Vote], server_to_client = [Push, Alert], server_to_server = [Cluster, Jobs])]
struct Chat;

async fn emit(socket: &Socket<Chat>, io: &Broadcast<Chat>) {
    socket.emit().message("hi");
    let _ = socket.try_emit().message("hi");
    socket.volatile().emit().message("hi");
    socket.to("lobby").emit().message("hi");
    let _ = io.try_emit().fire();
    io.server_side_emit().changed();
}

fn main() {}
