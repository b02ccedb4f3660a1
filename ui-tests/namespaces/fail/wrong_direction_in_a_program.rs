//! What handles and emits the events of such a namespace says nothing more.

use sockeye::prelude::*;

#[derive(ClientToServer)]
pub enum Request {
    Say { text: String },
}

#[derive(ServerToClient)]
pub enum Push {
    Said { text: String },
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request, server_to_client = Request)]
pub struct Chat;

struct App;

impl Lifecycle<Chat> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Chat> for App {
    async fn say(&self, socket: Socket<Chat>, text: String) {
        socket.emit().said(text);
    }
}

fn main() {
    let io = Server::builder().namespace::<Chat>(App).build();
    io.of::<Chat>().emit().said("hello");
}
