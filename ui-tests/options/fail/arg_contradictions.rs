use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request {
    Post(#[arg(default, nullable)] Option<u8>),
    Leave(#[arg(with = module, array)] Vec<u8>),
    Join(#[arg(array)] Vec<u16>),
    Say(#[arg(nullable)] String),
    Tell(#[arg(default, default)] u8),
    Ask(#[arg(default)] #[arg(default = zero)] u8),
}

fn main() {}
