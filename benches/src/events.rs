//! The server that is measured: events, handlers, nothing switched on or off.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sockeye::prelude::*;

/// A message as chats have them: six fields, of which the text gives the size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Number of the message.
    pub id: u64,
    /// Who wrote it.
    pub from: String,
    /// Where.
    pub room: String,
    /// What.
    pub text: String,
    /// When, in milliseconds.
    pub at: f64,
    /// Whether it was changed.
    pub edited: bool,
}

/// What the clients send.
#[derive(Debug, ClientToServer)]
pub enum Request {
    /// Comes back as it is.
    Echo(String),
    /// Is the answer.
    #[event(ack = String)]
    Ack(String),
    /// Goes to everyone.
    Shout(String),
    /// A struct.
    Post(Post),
    /// A name and two attachments.
    Upload {
        /// Of the file.
        name: String,
        /// Large.
        image: Bytes,
        /// Small.
        thumbnail: Bytes,
    },
}

/// What the server sends.
#[derive(Debug, ServerToClient)]
pub enum Push {
    /// What a client sent.
    Echo(String),
    /// To many.
    News(String),
    /// To many, who are to answer.
    #[event(ack = ())]
    Ask(String),
    /// A struct.
    Post(Post),
    /// A name and two attachments.
    Upload {
        /// Of the file.
        name: String,
        /// Large.
        image: Bytes,
        /// Small.
        thumbnail: Bytes,
    },
}

/// The only namespace.
#[derive(Debug, Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push)]
pub struct Main;

/// The handlers.
#[derive(Debug)]
pub struct App;

impl Lifecycle<Main> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Main> for App {
    async fn echo(&self, socket: Socket<Main>, data: String) {
        socket.emit().echo(data);
    }

    async fn ack(&self, _: Socket<Main>, data: String) -> String {
        data
    }

    async fn shout(&self, socket: Socket<Main>, data: String) {
        socket.server().of::<Main>().emit().news(data);
    }

    async fn post(&self, socket: Socket<Main>, post: Post) {
        socket.emit().post(post);
    }

    async fn upload(&self, socket: Socket<Main>, name: String, image: Bytes, thumbnail: Bytes) {
        socket.emit().upload(name, image, thumbnail);
    }
}

/// A server as anybody would build it, but for the time to the first ping, which its clients would not answer.
#[must_use]
pub fn server() -> Server {
    Server::builder().namespace::<Main>(App).ping_interval(Duration::from_secs(86_400)).build()
}
