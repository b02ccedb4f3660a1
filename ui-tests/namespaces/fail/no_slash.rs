use sockeye::Namespace;

#[derive(Namespace)]
#[namespace("chat")]
struct Chat;

fn main() {}
