use sockeye::Namespace;

#[derive(Namespace)]
#[namespace("/chat")]
struct Chat<T>(T);

fn main() {}
