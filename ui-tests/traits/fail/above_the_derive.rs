use sockeye::ClientToServer;

#[sockeye::events(rename_all = "snake_case")]
#[derive(ClientToServer)]
pub enum Request {
    Post,
}

fn main() {}
