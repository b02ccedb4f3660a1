use sockeye::Namespace;

pub struct Token;

#[derive(Namespace)]
#[namespace("/chat", auth = Token)]
pub struct Chat;

fn main() {}
