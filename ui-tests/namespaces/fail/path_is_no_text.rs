use sockeye::Namespace;

#[derive(Namespace)]
#[namespace(path = "/chat")]
struct Chat;

fn main() {}
