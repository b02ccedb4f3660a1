#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
//! Documented, as a library would be.

use bytes::Bytes;
use sockeye::{ClientToServer, Namespace, ServerToClient, ServerToServer, Socket};

/// Requests.
#[derive(ClientToServer, Debug)]
#[events(rename_all = "kebab-case")]
pub enum Request {
    /// A unit.
    Typing,
    /// Fields with names.
    Post {
        /// The room.
        room: String,
        /// The text.
        text: String,
    },
    /// Fields without.
    History(String, Option<u32>),
    /// An answer.
    #[event("ask", ack = (u8, String))]
    Ask(Vec<Bytes>),
    /// An answer that may be a refusal.
    #[event(ack = (), error = String)]
    Upload(Bytes),
    /// A list of a unit.
    Empty {},
}

/// Pushes.
#[derive(ServerToClient, Debug)]
pub enum Push {
    /// A message.
    Message(String),
}

/// Between servers.
#[derive(ServerToServer, Debug)]
pub enum Peer {
    /// With an answer.
    #[event(ack = u64)]
    Count(String),
}

/// A namespace.
#[derive(Namespace, Debug)]
#[namespace("/", client_to_server = Request, server_to_client = Push, auth = Option<String>, session = u64, data = u8, sequential)]
pub struct Root;

/// Another, with nothing.
#[derive(Namespace, Debug)]
#[namespace("/nothing")]
pub struct Nothing;

/// The untyped door.
#[derive(Namespace, Debug)]
#[namespace("/legacy", untyped, auth = String)]
pub struct Legacy;

struct App;

impl RequestHandler<Root> for App {
    async fn typing(&self, socket: Socket<Root>) {
        socket.emit().message("hi");
        socket.emit_event(&Push::Message(String::new()));
    }
    async fn post(&self, _: Socket<Root>, room: String, text: String) {
        drop((room, text));
    }
    async fn history(&self, _: Socket<Root>, _room: String, _count: Option<u32>) {}
    async fn ask(&self, _: Socket<Root>, _: Vec<Bytes>) -> (u8, String) {
        (1, String::new())
    }
    async fn upload(&self, _: Socket<Root>, _: Bytes) -> Result<(), String> {
        Ok(())
    }
    fn empty(&self, _: Socket<Root>) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

fn handles<H: RequestHandler<Root>>(_: H) {}

fn main() {
    handles(App);
    handles(std::sync::Arc::new(App));
    let _ = (Root, Nothing, Legacy);
}
