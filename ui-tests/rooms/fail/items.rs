use sockeye::Room;

#[derive(Room)]
struct Generic<T> {
    id: T,
}

#[derive(Room)]
union Union {
    id: u32,
}

#[derive(Room)]
enum Empty {}

fn main() {}
