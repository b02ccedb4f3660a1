use sockeye::events;

#[events(client_to_server, rename = "snake_case", loud)]
pub trait Request {
    async fn typing(&self);
}

#[events("request", client_to_server, 7)]
pub trait Other {
    async fn typing(&self);
}

fn main() {}
