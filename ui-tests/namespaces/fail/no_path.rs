use sockeye::Namespace;

#[derive(Namespace)]
#[namespace(session = u64)]
struct Chat;

fn main() {}
