use sockeye::ClientToServer;

use std::rc::Rc;

#[derive(ClientToServer)]
enum Request {
    Post(Rc<str>),
}

fn main() {}
