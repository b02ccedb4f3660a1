use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[events(deny_extra = true)]
enum Request {
    #[event(optional = true)]
    Post,
    #[event(deny_extra("yes"))]
    Leave,
    #[event(optional, optional)]
    Typing,
    History(#[arg(array = 3)] Vec<u8>),
}

fn main() {}
