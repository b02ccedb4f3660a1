use sockeye::Namespace;

#[derive(Namespace)]
#[namespace("/chat?room=1")]
struct Chat;

fn main() {}
