use sockeye::Room;

#[derive(Room)]
struct Table {
    id: i32,
    at: std::time::Duration,
}

#[derive(Room)]
struct Borrowed(&'static str);

fn main() {}
