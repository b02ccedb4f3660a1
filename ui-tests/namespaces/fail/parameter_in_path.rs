use sockeye::Namespace;

#[derive(Namespace)]
#[namespace("/room-{id}")]
struct Room;

fn main() {}
