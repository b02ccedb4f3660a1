#[derive(sockeye::ClientToServer)]
pub enum Request {
    Say { text: String },
}

#[derive(sockeye::ClientToServer)]
pub enum Game {
    Play { card: u8 },
}

#[derive(sockeye::Namespace)]
#[namespace("/chat", client_to_server = [Request, Request])]
pub struct Chat;

#[derive(sockeye::Namespace)]
#[namespace("/table", client_to_server = Request, client_to_server = Game)]
pub struct Table;

fn main() {}
