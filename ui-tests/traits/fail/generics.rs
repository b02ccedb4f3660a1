use sockeye::prelude::*;

#[events(client_to_server)]
pub trait Request<T>: Send + Sync
where
    T: Send,
{
    async fn post(&self, text: T) -> Vec<T>;
    async fn typing(&self);
    async fn associated(&self) -> Result<u8, Self::Error>;
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

fn main() {}
