use sockeye::prelude::*;

#[events(client_to_server)]
pub trait Request {
    async fn typing(&self);
}

struct App;

// It is no trait any more; the handler trait is.
impl Request for App {
    async fn typing(&self) {}
}

fn main() {}
