use sockeye::Namespace;

pub enum Request {
    Post(String),
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

fn main() {}
