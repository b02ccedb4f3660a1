use sockeye::events;

#[events(client_to_server)]
pub unsafe trait Request {
    async fn typing(&self);
}

fn main() {}
