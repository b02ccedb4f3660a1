#![deny(warnings)]

pub extern crate sockeye as renamed;

mod inner {
    pub use renamed as sockeye;
}

#[renamed::events(client_to_server, crate = crate::renamed)]
pub trait Request {
    async fn post(&self, text: String) -> bool;
}

#[renamed::events(server_to_client, crate = "crate::inner::sockeye", rename_all = "snake_case")]
pub trait Push {
    async fn message(&self, text: String);
}

#[derive(renamed::Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push, crate = renamed)]
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
