//! Asked once, not of each handler.

use std::cell::RefCell;

use sockeye::prelude::*;

#[derive(ClientToServer)]
pub enum Request {
    Join { room: String },
    Leave,
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

struct App {
    rooms: RefCell<Vec<String>>,
}

impl Lifecycle<Chat> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Chat> for App {
    async fn join(&self, _: Socket<Chat>, room: String) {
        self.rooms.borrow_mut().push(room);
    }

    async fn leave(&self, _: Socket<Chat>) {
        self.rooms.borrow_mut().clear();
    }
}

fn main() {
    let _io = Server::builder().namespace::<Chat>(App { rooms: RefCell::default() }).build();
}
