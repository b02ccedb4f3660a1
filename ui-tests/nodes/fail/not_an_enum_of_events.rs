use sockeye::Namespace;

pub enum Cluster {
    Load,
}

#[derive(Namespace)]
#[namespace("/chat", server_to_server = Cluster)]
pub struct Chat;

fn main() {}
