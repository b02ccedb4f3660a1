use sockeye::{ClientToServer, Namespace, Socket};

#[derive(ClientToServer)]
pub enum Request {
    /// Post a message to a room.
    #[event("chat message", ack = u64, error = String)]
    Post { room: String, text: String },
    #[event(ack = Vec<String>)]
    History(String),
    Typing,
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

struct App;


// What `Server::builder().namespace::<Chat>(App)` asks for.
fn namespace<N: sockeye::Namespace, H: sockeye::event::Handles<N, N::ClientToServer, Socket<N>>>(_: H) {}

fn main() {
    namespace::<Chat, App>(App);
}
