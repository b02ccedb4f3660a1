use sockeye::Namespace;

#[derive(Namespace)]
#[namespace("/chat", sesion = u64)]
struct Chat;

fn main() {}
