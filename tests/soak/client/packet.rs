//! Packets of Socket.IO, and how they are written as text. Protocols 4 and 5 differ only in how a namespace is joined.

use serde_json::Value;

use super::{Result, dialect::Dialect, link::Message, msgpack, wrong};

pub(crate) const CONNECT: u8 = b'0';
pub(crate) const DISCONNECT: u8 = b'1';
pub(crate) const EVENT: u8 = b'2';
pub(crate) const ACK: u8 = b'3';
pub(crate) const CONNECT_ERROR: u8 = b'4';
pub(crate) const BINARY_EVENT: u8 = b'5';

#[derive(Debug, Default)]
pub(crate) struct Packet {
    pub(crate) kind: u8,
    pub(crate) namespace: String,
    pub(crate) id: Option<u64>,
    pub(crate) payload: Value,
    /// How many attachments there have to be.
    pub(crate) due: usize,
    pub(crate) attachments: Vec<Vec<u8>>,
}

impl Packet {
    pub(crate) fn new(kind: u8, namespace: &str, payload: Value) -> Self {
        Self { kind, namespace: namespace.to_owned(), payload, ..Self::default() }
    }

    /// The messages that carry it.
    pub(crate) fn encode(self, dialect: Dialect) -> Vec<Message> {
        if dialect == Dialect::MessagePack {
            return vec![Message::Binary(msgpack::encode(&self))];
        }
        let mut text = char::from(self.kind).to_string();
        if self.kind == BINARY_EVENT {
            text += &format!("{}-", self.attachments.len());
        }
        if self.namespace != "/" {
            text += &format!("{},", self.namespace);
        }
        text += &self.id.map(|id| id.to_string()).unwrap_or_default();
        if !self.payload.is_null() {
            text += &self.payload.to_string();
        }
        let attachments = self.attachments.into_iter().map(Message::Binary);
        std::iter::once(Message::Text(text)).chain(attachments).collect()
    }

    /// Takes a message in; gives the packet when it is whole, or else keeps it in `partial`.
    pub(crate) fn decode(
        dialect: Dialect,
        message: Message,
        partial: &mut Option<Self>,
    ) -> Result<Option<Self>> {
        let packet = match (message, partial.take()) {
            (Message::Binary(data), None) if dialect == Dialect::MessagePack => msgpack::decode(&data)?,
            (Message::Text(text), None) if dialect != Dialect::MessagePack => parse(&text)?,
            (Message::Binary(data), Some(mut packet)) => {
                packet.attachments.push(data);
                packet
            }
            (message, _) => return wrong(format!("out of place: {message:?}")),
        };
        if packet.attachments.len() < packet.due {
            *partial = Some(packet);
            return Ok(None);
        }
        Ok(Some(packet))
    }
}

/// The text of a message, without Engine.IO's `4`.
fn parse(text: &str) -> Result<Packet> {
    let bad = || format!("no packet: {text}");
    let Some(kind) = text.bytes().next() else { return wrong("an empty packet") };
    let mut rest = &text[1..];
    let mut due = 0;
    if kind == BINARY_EVENT {
        let Some((count, after)) = rest.split_once('-') else { return wrong(bad()) };
        due = count.parse().or_else(|_| wrong(bad()))?;
        rest = after;
    }
    let mut namespace = "/";
    if rest.starts_with('/') {
        (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let id = rest[..digits].parse().ok();
    let payload = match &rest[digits..] {
        "" => Value::Null,
        json => serde_json::from_str(json).or_else(|_| wrong(bad()))?,
    };
    Ok(Packet { kind, namespace: namespace.to_owned(), id, payload, due, attachments: Vec::new() })
}
