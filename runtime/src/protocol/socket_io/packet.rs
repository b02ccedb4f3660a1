//! What a Socket.IO packet is once it has been taken off the wire.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use bytestring::ByteString;

use super::{PacketError, json, name};

/// Most attachments that a packet may have, in either direction: the official parsers refuse more.
pub const MAX_ATTACHMENTS: usize = 10;

/// Names that belong to the protocol's own events: nobody may emit them, and a peer that sends one is closed.
pub const RESERVED_EVENTS: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// A packet from a client or a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// The namespace, `/` when the packet names none.
    pub namespace: ByteString,
    /// What it says.
    pub kind: PacketKind,
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq)]
pub enum PacketKind {
    /// Join the namespace; from a server: you have joined it. The payload is an object.
    Connect(Option<Payload>),
    /// Leave the namespace.
    Disconnect,
    /// An event: its name and arguments, and the id under which an answer is expected.
    Event(Payload, Option<u64>),
    /// The answer to an event.
    Ack(Payload, u64),
    /// The namespace cannot be joined.
    ConnectError(Option<Payload>),
}

/// The data of a packet, not yet read. `Debug` shows its size only: it may be a password.
#[derive(Clone, PartialEq)]
pub struct Payload {
    /// The text or bytes.
    pub body: Body,
    /// The attachments that placeholders in the body refer to.
    pub attachments: Vec<Bytes>,
}

/// How a payload is written. `Debug` shows its size only.
#[derive(Clone, PartialEq)]
pub enum Body {
    /// JSON: an array for events and acks, an object otherwise. Only its brackets and its first element have been looked at.
    Json(ByteString),
    /// MessagePack, of the same shape: a whole value, checked when it came.
    MsgPack(Bytes),
}

impl Payload {
    /// Whether the whole body is what its parser calls well-formed; reads all of it, so it is for the cold path.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        match &self.body {
            Body::Json(text) => json::is_json(text),
            Body::MsgPack(_) => true,
        }
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        let body = match &self.body {
            Body::Json(text) => text.len(),
            Body::MsgPack(data) => data.len(),
        };
        body + self.attachments.iter().map(Bytes::len).sum::<usize>()
    }

    /// The name of a JSON event, and the text of its arguments: what follows the comma after the name, without the closing bracket;
    /// empty if there are none. The arguments are not looked at: only their reader finds out whether they are JSON.
    ///
    /// A name that is a number becomes the number's text. A half of a surrogate pair in a name becomes U+FFFD, so that such an
    /// event is merely unknown.
    ///
    /// # Errors
    ///
    /// If the payload is not the array of an event. For an event that the decoder has let through there is none.
    pub fn event_name(&self) -> Result<(Cow<'_, str>, &str), PacketError> {
        match &self.body {
            Body::Json(text) => event_name(text),
            Body::MsgPack(_) => Err(PacketError::NotAnArray),
        }
    }

    /// The text of an ack's arguments: what stands between the brackets, not looked at. Empty if the payload is no JSON array.
    #[must_use]
    pub fn ack_args(&self) -> &str {
        match &self.body {
            Body::Json(text) => inside(text).unwrap_or_default(),
            Body::MsgPack(_) => "",
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("body", &self.body)
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parser, bytes) = match self {
            Self::Json(text) => ("Json", text.len()),
            Self::MsgPack(data) => ("MsgPack", data.len()),
        };
        write!(f, "{parser}({bytes} bytes)")
    }
}

fn inside(array: &str) -> Option<&str> {
    array.strip_prefix('[')?.strip_suffix(']')
}

pub(super) fn event_name(array: &str) -> Result<(Cow<'_, str>, &str), PacketError> {
    name::split(inside(array).ok_or(PacketError::NotAnArray)?)
}
