use sockeye::Namespace;

#[derive(Namespace)]
struct Chat;

fn main() {}
