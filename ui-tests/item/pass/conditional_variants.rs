#![deny(warnings)]

use sockeye::{ClientToServer, Namespace, Socket};

#[derive(ClientToServer)]
pub enum Request {
    #[cfg(not(any()))]
    Here {
        #[cfg(not(any()))]
        there: u8,
        #[cfg(any())]
        gone: u8,
    },
    #[cfg(any())]
    Gone(Nothing),
    #[cfg_attr(not(any()), event("renamed"))]
    Other,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn here(&self, _: Socket<Chat>, _there: u8) {}
    async fn other(&self, _: Socket<Chat>) {}
}

fn main() {
    fn handles<H: RequestHandler<Chat>>(_: H) {}
    handles(App);
    let names: Vec<_> = <Request as sockeye::event::Events>::EVENTS.iter().map(|event| event.name).collect();
    assert_eq!(names, ["here", "renamed"]);
}
