use sockeye::prelude::*;

#[events(ClientToServer, rename_all = "snake_case")]
pub trait Request {
    async fn typing(&self);
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn typing(&self, _: Socket<Chat>) {}
}

fn main() {}
