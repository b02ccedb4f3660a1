use sockeye::prelude::*;

#[events(rename_all = "snake_case")]
pub trait Push {
    async fn message(&self, text: String);
}

#[events]
pub trait Request {
    async fn typing(&self);
}

#[derive(Namespace)]
#[namespace("/", server_to_client = Push, client_to_server = Request)]
struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn typing(&self, _: Socket<Chat>) {}
}

fn emit(io: &Server) {
    io.of::<Chat>().emit().message("hi");
}

fn main() {}
