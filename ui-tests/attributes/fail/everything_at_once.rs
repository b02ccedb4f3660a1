use sockeye::ClientToServer;

// Each mistake is one message: nothing that uses the enum adds to them.
#[derive(ClientToServer)]
#[events(rename_all = "Kebab")]
enum Request {
    #[event("post", loud, ack = Option<(u8, u8)>, urgent = Vec<Option<u8>>, ack = bool)]
    Post { text: &'static str },
    #[event("disconnect")]
    Leave,
    #[event("post")]
    Again { data: Vec<u8> },
    #[event(7)]
    Typing,
}

#[derive(sockeye::Namespace)]
#[namespace("/chat", client_to_server = Request)]
struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(&self, _: sockeye::Socket<Chat>, _text: &'static str) -> Option<(u8, u8)> {
        None
    }
    async fn leave(&self, _: sockeye::Socket<Chat>) {}
    async fn again(&self, _: sockeye::Socket<Chat>, _data: Vec<u8>) {}
    async fn typing(&self, _: sockeye::Socket<Chat>) {}
}

fn emit<T: sockeye::event::EmitTarget>(emit: RequestEmitter<T>) {
    emit.leave();
    emit.again(vec![1]);
}

fn main() {}
