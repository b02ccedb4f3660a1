use sockeye::events;

#[events(client_to_server)]
pub trait Request {
    type Error;
    const LIMIT: usize = { 7 };
    pub async fn typing(&self);
    async fn typing(&self, again: bool);
    async fn get_2(&self);
    async fn get2(&self);
    async fn __(&self);
}

fn main() {}
