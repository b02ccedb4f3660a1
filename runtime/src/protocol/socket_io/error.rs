//! What a peer can do wrong with packets.

use std::{error::Error, fmt};

/// A broken rule of the Socket.IO protocol. The connection is closed for each of them, as JavaScript does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PacketError {
    /// A text message without a type digit from 0 to 6.
    UnknownType,
    /// A binary packet whose number of attachments is missing, or is no number from 1 to the limit.
    AttachmentCount,
    /// A text message while attachments are outstanding.
    AttachmentsOutstanding,
    /// A binary message that no packet announced.
    UnexpectedBinary,
    /// A packet that, with its attachments, is longer than the limit.
    TooLong,
    /// An ack id beyond 64 bits, or one that is no whole number from 0.
    AckId,
    /// An ack without id.
    MissingAckId,
    /// An event or an ack without payload.
    MissingPayload,
    /// A disconnect with a payload.
    UnexpectedPayload,
    /// The payload of an event or an ack that is not an array.
    NotAnArray,
    /// The payload of a connect that is not an object.
    NotAnObject,
    /// An event whose first element is not its name: neither a string nor a number.
    EventName,
    /// A text message, where the parser only has binary ones.
    UnexpectedText,
    /// A binary message that holds no packet: no whole MessagePack value, or one that is no object.
    NotMessagePack,
    /// A MessagePack packet without namespace, or whose namespace is no text.
    Namespace,
    /// An event whose name belongs to the protocol: see [`RESERVED_EVENTS`](super::packet::RESERVED_EVENTS).
    ReservedEvent,
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownType => "unknown packet type",
            Self::AttachmentCount => "the number of attachments is missing or out of range",
            Self::AttachmentsOutstanding => "a text message came where an attachment was due",
            Self::UnexpectedBinary => "a binary message came that no packet announced",
            Self::TooLong => "the packet is too long",
            Self::AckId => "the ack id is out of range",
            Self::MissingAckId => "an ack without id",
            Self::MissingPayload => "an event or ack without payload",
            Self::UnexpectedPayload => "a disconnect with a payload",
            Self::NotAnArray => "the payload is not an array",
            Self::NotAnObject => "the payload is not an object",
            Self::UnexpectedText => "a text message came where packets are binary",
            Self::NotMessagePack => "the message is no packet in messagepack",
            Self::Namespace => "the packet has no namespace",
            Self::EventName => "the event has no name",
            Self::ReservedEvent => "the name of the event is reserved",
        })
    }
}

impl Error for PacketError {}
