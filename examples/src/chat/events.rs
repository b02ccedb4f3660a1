//! What a browser may send and what the server sends. The handlers, the emitters and the wire format follow from these enums.

use serde::{Deserialize, Serialize};
use sockeye::prelude::*;

use crate::names::User;

/// The one namespace of the chat.
#[derive(Namespace)]
#[namespace("/", client_to_server = ChatRequest, server_to_client = ChatPush, auth = Hello, session = User)]
pub(crate) struct Chat;

/// What a client must present: `io({ auth: { name, key } })`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Hello {
    #[serde(default)]
    pub(crate) name: String,
    /// A random text of the browser tab: who comes back with it gets the name back, even before the old connection is missed.
    #[serde(default)]
    pub(crate) key: String,
}

/// What a browser may send.
#[derive(ClientToServer)]
pub(crate) enum ChatRequest {
    /// Go into a room, out of the one before; the answer is what there is to see.
    #[event(ack = RoomView, error = JoinError)]
    Join { room: String },
    /// Say something.
    #[event(ack = MessageId, error = PostError)]
    Post { room: String, text: String },
    /// Show an image.
    #[event(ack = MessageId, error = PostError)]
    Image { room: String, name: String, data: Bytes },
    /// What was said before the message `before`, or last.
    #[event(ack = History, error = HistoryError)]
    History { room: String, before: Option<MessageId> },
    /// The bytes of an image that the history told of.
    #[event(ack = Bytes, error = HistoryError)]
    Picture { room: String, message: MessageId },
    /// Somebody is typing.
    Typing { room: String },
}

/// What the server sends.
#[derive(ServerToClient)]
pub(crate) enum ChatPush {
    /// To each who connects: what may be sent.
    Welcome { welcome: Welcome },
    /// To all, when somebody goes from room to room.
    Rooms { rooms: Vec<RoomInfo> },
    /// To a room: who is there now.
    Members { room: String, names: Vec<String> },
    /// To a room: something was said or shown.
    Message { room: String, message: Message },
    /// To all who are not in that room: something was said there.
    Activity { room: String },
    /// To a room: somebody is typing.
    UserTyping { room: String, name: String },
}

/// Counts up over all rooms.
pub(crate) type MessageId = u64;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) from: String,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) text: String,
    pub(crate) image: Option<Image>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) name: String,
    /// `image/png` and the like.
    pub(crate) kind: String,
    /// Left out in the history, where `picture` asks for it.
    pub(crate) data: Option<Bytes>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RoomInfo {
    pub(crate) name: String,
    pub(crate) members: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RoomView {
    pub(crate) room: String,
    pub(crate) members: Vec<String>,
    pub(crate) history: History,
}

/// A page of messages, the oldest first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct History {
    pub(crate) messages: Vec<Message>,
    /// Whether there are older ones.
    pub(crate) more: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Welcome {
    pub(crate) name: String,
    pub(crate) limits: Limits,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Characters of a message.
    pub(crate) text: usize,
    /// Bytes of an image.
    pub(crate) image: usize,
}

/// Why somebody may not come in: `err.data` of the page's `connect_error`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub(crate) enum Refusal {
    NameTaken { name: String, suggestion: String },
    NameInvalid { max: usize },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub(crate) enum JoinError {
    RoomName {
        max: usize,
    },
    TooManyRooms,
    /// The rate limit refuses it, as it does any event; see `App::refused`.
    Flood {
        wait_ms: u64,
    },
}

/// Why a post is refused. The page has words for each.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub(crate) enum PostError {
    Empty,
    TooLong { length: usize, max: usize },
    Flood { wait_ms: u64 },
    ForbiddenWord { word: String },
    NotAnImage,
    ImageTooBig { max: usize },
    NotInRoom,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub(crate) enum HistoryError {
    NotInRoom,
    Gone,
    Flood { wait_ms: u64 },
}
