#![deny(warnings, missing_docs, unreachable_pub)]
//! Everything that a method can be.

use sockeye::prelude::*;

macro_rules! from_macro_rules {
    ($name:ident, $post:ident($arg:ty) -> $ack:ty) => {
        /// From a macro.
        #[events(client_to_server)]
        pub trait $name {
            /// Post.
            async fn $post(&self, arg: $arg) -> $ack;
        }
    };
}

from_macro_rules!(Made, make(Vec<String>) -> Result<u8, u16>);

/// What a browser may send.
#[events(client_to_server, rename_all = "kebab-case")]
#[derive(Debug, PartialEq)]
pub trait ChatRequest {
    #![allow(clippy::type_complexity)]
    /// Post.
    #[event("chat message")]
    async fn post(&self, room: String, text: String) -> u64;
    /// Somebody is typing.
    async fn typing(&self);
    /// Nothing, but later.
    async fn wait(&self) -> ();
    /// May be refused.
    async fn rename(&self, name: String) -> Result<(), u8>;
    /// Names that are not the user's elsewhere.
    async fn names_a_b(&self, socket: u8, args: u8, r#in: u8, reply: Option<u8>) -> std::result::Result<u8, String>;
    /// A keyword.
    async fn r#type(&self);
    /// One that has a variant that is none.
    async fn self_(&self);
    /// Here.
    #[cfg(not(any()))]
    async fn here(&self, #[cfg(not(any()))] there: u8, #[cfg(any())] gone: u8);
    /// Not here.
    #[cfg(any())]
    async fn gone(&self, what: Nothing);
    /// One of two.
    #[cfg(not(any()))]
    async fn one(&self);
    /// The other.
    #[cfg(any())]
    async fn one(&self, two: u8);
    /// Under another name.
    #[cfg_attr(not(any()), event("else"))]
    async fn other(&self);
    /// Old.
    #[deprecated = "use `other`"]
    async fn old(&self, #[allow(dead_code)] number: u8);
}

/// An enum beside it.
#[derive(ClientToServer)]
#[events(rename_all = "kebab-case")]
pub enum More {
    /// More.
    MoreOfIt,
}

#[events(server_to_client)]
pub(crate) trait Push {
    async fn user_typing(&self, user: u64);
    async fn still_there(&self) -> bool;
}

/// Between servers.
#[events(server_to_server)]
pub trait Between {
    /// The load.
    async fn load(&self) -> u32;
}

/// No events at all.
#[events(server_to_client)]
pub trait Nothing {}

mod chat {
    use sockeye::prelude::*;

    #[derive(Namespace)]
    #[namespace("/", client_to_server = [super::ChatRequest, super::More, super::Made], server_to_client = super::Push)]
    pub(crate) struct Chat;
}
use chat::Chat;

struct App;

impl ChatRequestHandler<Chat> for App {
    async fn post(&self, socket: Socket<Chat>, _room: String, _text: String) -> u64 {
        socket.emit().user_typing(7);
        let _: Result<bool, AckError> = socket.emit().still_there().await;
        1
    }
    async fn typing(&self, _: Socket<Chat>) {}
    async fn wait(&self, _: Socket<Chat>) {}
    async fn rename(&self, _: Socket<Chat>, _name: String) -> Result<(), u8> {
        Err(1)
    }
    async fn names_a_b(&self, _: Socket<Chat>, _: u8, _: u8, r#in: u8, _: Option<u8>) -> Result<u8, String> {
        Ok(r#in)
    }
    async fn r#type(&self, _: Socket<Chat>) {}
    async fn self_(&self, _: Socket<Chat>) {}
    async fn here(&self, _: Socket<Chat>, _there: u8) {}
    async fn one(&self, _: Socket<Chat>) {}
    async fn other(&self, _: Socket<Chat>) {}
    async fn old(&self, _: Socket<Chat>, _: u8) {}
}

impl MoreHandler<Chat> for App {
    async fn more_of_it(&self, _: Socket<Chat>) {}
}

impl MadeHandler<Chat> for App {
    async fn make(&self, _: Socket<Chat>, _: Vec<String>) -> Result<u8, u16> {
        Err(1)
    }
}

fn main() {
    fn handles<H: ChatRequestHandler<Chat> + MoreHandler<Chat> + MadeHandler<Chat>>(_: H) {}
    handles(App);
    let names: Vec<_> = <ChatRequest as sockeye::event::Events>::EVENTS.iter().map(|event| event.name).collect();
    assert_eq!(
        names,
        ["chat message", "typing", "wait", "rename", "names-a-b", "type", "self_", "here", "one", "else", "old"],
    );
    assert_eq!(ChatRequest::Post { room: "a".into(), text: "b".into() }, ChatRequest::Post {
        room: "a".into(),
        text: "b".into(),
    });
    assert_ne!(ChatRequest::Self_, ChatRequest::Type);
    let names: Vec<_> = <Push as sockeye::event::Events>::EVENTS.iter().map(|event| (event.name, event.ack)).collect();
    assert_eq!(names, [("userTyping", false), ("stillThere", true)]);
}
