//! Messages of known sizes, typed and as they lie on the wire.

use bytes::Bytes;
use sockeye::{
    Parser,
    event::{Events, PacketWriter},
    protocol::{
        frame::{Encoded, Frame},
        websocket::{self, OpCode},
    },
};

use crate::{Failure, Post, Push};

/// A client's mask. Any but zeros will do.
const MASK: [u8; 4] = [0x5a, 0x01, 0xfe, 0x33];

/// Letters, with a quote now and then: some need escaping, as people's texts do.
#[must_use]
pub fn text(length: usize) -> String {
    (0..length)
        .map(|at| if at % 61 == 60 { '"' } else { char::from(b'a' + u8::try_from(at % 26).unwrap_or(0)) })
        .collect()
}

/// A message whose packet has about this many bytes: 128 at least.
#[must_use]
pub fn post(bytes: usize) -> Post {
    Post {
        id: 1_234_567,
        from: "ada".to_owned(),
        room: "lobby".to_owned(),
        text: text(bytes.saturating_sub(96)),
        at: 1_753_000_000_123.0,
        edited: false,
    }
}

/// An event with two attachments, of 1 KB and 128 bytes.
#[must_use]
pub fn upload() -> Push {
    Push::Upload {
        name: "cat.png".to_owned(),
        image: Bytes::from(vec![7; 1024]),
        thumbnail: Bytes::from(vec![9; 128]),
    }
}

/// Writes the packets of the only namespace.
#[must_use]
pub fn writer() -> PacketWriter {
    PacketWriter::new("/".into(), Parser::Json)
}

/// An event as it is sent, by either side.
///
/// # Errors
///
/// If it cannot be encoded.
pub fn encode(event: &impl Events, id: Option<u64>) -> Result<Encoded, Failure> {
    Ok(writer().event(event.name(), id, &|args| event.encode(args))?)
}

/// The text of a packet without Engine.IO's digit, and its attachments.
///
/// # Errors
///
/// If it is no text.
pub fn message(packet: &Encoded) -> Result<(String, Vec<Bytes>), Failure> {
    let text = packet.head.packet_text().and_then(|text| text.get(1..)).ok_or("a packet without a text")?;
    Ok((String::from_utf8(text.to_vec())?, packet.attachments.as_deref().unwrap_or_default().to_vec()))
}

/// The frames of a packet: masked, as a client sends them, or bare, as a server does.
#[must_use]
pub fn frames(packet: &Encoded, masked: bool) -> Vec<u8> {
    let mask = masked.then_some(MASK);
    let mut out = Vec::new();
    for frame in packet.frames() {
        match &frame {
            Frame::Text { .. } => {
                let text = frame.packet_text().unwrap_or_default();
                websocket::encode(&mut out, true, OpCode::Text, text, mask);
            }
            Frame::Binary(data) => websocket::encode(&mut out, true, OpCode::Binary, data, mask),
        }
    }
    out
}

/// A text message as a client sends it, Engine.IO's digit included.
#[must_use]
pub fn client_text(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    websocket::encode(&mut out, true, OpCode::Text, text.as_bytes(), Some(MASK));
    out
}
