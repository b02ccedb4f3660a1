use sockeye::prelude::*;

#[derive(ServerToClient)]
enum Push {
    Note,
}

#[derive(Namespace)]
#[namespace("/", server_to_client = Push)]
struct Main;

fn tell(socket: &Socket<Main>, other: Socket<Main>) {
    let _ = socket.join(7);
    socket.to(other).emit().note();
}

fn main() {}
