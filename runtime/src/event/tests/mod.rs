//! The typed layer as the derives use it: enums in, packets out, and back.

mod binary;
#[cfg(feature = "client")]
mod client;
mod contract;
#[cfg(feature = "server")]
mod dispatch;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg(feature = "server")]
mod options;
mod paths;
mod texts;
mod wire;
mod written;

use std::{cell::RefCell, sync::Arc};

use bytes::Bytes;
use bytestring::ByteString;
use serde::{Deserialize, Serialize};

use super::{
    AckShape, AckTypes, ArgReader, ArgWriter, DecodeError, EmitTarget, EventName, PacketWriter, Parser,
};
use crate::protocol::{
    frame::Encoded,
    socket_io::packet::{Body, Payload},
};

/// One of each shape.
#[derive(crate::ServerToClient, Debug, PartialEq)]
enum Push {
    Typing,
    Post(String, String),
    #[event("chat message")]
    Message(Message),
    #[event("weird \"name\"\n")]
    Weird(#[arg(nullable)] Option<u8>, f64, i32, bool),
    Upload {
        name: String,
        data: Bytes,
    },
    #[event(ack = bool)]
    StillThere,
    #[event(ack = Bytes, error = PostError)]
    Check(Vec<u64>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    from: u64,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
enum PostError {
    TooLong { max: usize },
    Malformed { why: String },
}

impl From<DecodeError> for PostError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed { why: error.to_string() }
    }
}

fn writer(namespace: &str) -> PacketWriter {
    PacketWriter::new(Arc::from(namespace), Parser::Json)
}

/// The packet's text and its attachments, as they go over a WebSocket.
fn wire(encoded: &Encoded) -> (String, Vec<Bytes>) {
    let packet = encoded.head.packet_text().unwrap();
    assert_eq!(packet[0], b'4');
    let text = String::from_utf8(packet[1..].to_vec()).unwrap();
    (text, encoded.attachments.as_deref().unwrap_or_default().to_vec())
}

fn payload(json: &str, attachments: &[&'static [u8]]) -> Payload {
    let attachments = attachments.iter().map(|data| Bytes::from_static(data)).collect();
    Payload { body: Body::Json(ByteString::from(json)), attachments }
}

/// The payload of an encoded event or answer.
fn payload_of(encoded: &Encoded) -> Payload {
    let (text, attachments) = wire(encoded);
    let body = &text[text.find('[').unwrap()..];
    Payload { body: Body::Json(body.into()), attachments }
}

/// A target that keeps what it was told to send.
#[derive(Default)]
struct Sent(RefCell<Vec<Encoded>>);

impl Sent {
    fn keep(&self, event: EventName<'_>, id: Option<u64>, write: &dyn Fn(&mut ArgWriter)) {
        self.0.borrow_mut().push(writer("/").event(event, id, write).unwrap());
    }

    fn last(&self) -> String {
        wire(self.0.borrow().last().unwrap()).0
    }
}

impl EmitTarget for &Sent {
    type Sent = ();
    type Ack<A: AckTypes> = ();

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) {
        self.keep(event, None, write);
    }

    fn send_with_ack<A: AckShape>(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) {
        self.keep(event, Some(7), write);
    }
}

fn answer<A: AckShape>(json: &str) -> Result<Result<A::Value, A::Error>, String> {
    let payload = payload(json, &[]);
    A::decode(&mut ArgReader::ack(&payload)).map_err(|error| error.to_string())
}
