use sockeye::events;

pub struct Opaque;

#[events(client_to_server)]
pub trait Request {
    async fn argument(&self, good: u8, bad: Opaque);
    async fn answer(&self) -> Opaque;
    async fn missing(&self, what: Missing);
}

fn main() {}
