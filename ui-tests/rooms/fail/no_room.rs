use sockeye::prelude::*;

struct Table {
    id: u32,
}

fn tables<N: Namespace>(socket: &Socket<N>) {
    let _ = socket.join(Table { id: 7 });
    let _ = socket.rooms().iter().filter_map(|room| room.parse::<Table>()).count();
}

fn main() {}
