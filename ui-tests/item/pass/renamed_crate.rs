#![deny(warnings)]

pub extern crate sockeye as renamed;

mod events {
    pub use renamed as inner;
}

#[derive(renamed::ClientToServer)]
#[events(crate = crate::renamed)]
pub enum Request {
    #[event(ack = bool)]
    Post(String),
}

#[derive(renamed::ServerToClient)]
#[events(crate = "crate::events::inner", rename_all = "snake_case")]
pub enum Push {
    Message(String),
}

#[derive(renamed::Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push, crate = crate::events::inner)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn post(&self, _: renamed::Socket<Chat>, _: String) -> bool {
        true
    }
}

fn main() {
    fn handles<H: RequestHandler<Chat>>(_: H) {}
    handles(App);
}
