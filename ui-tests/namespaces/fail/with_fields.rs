use sockeye::Namespace;

#[derive(Namespace)]
#[namespace("/chat")]
struct Chat {
    id: u32,
}

fn main() {}
