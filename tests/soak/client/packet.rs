//! Packets of Socket.IO protocol 5, as text.

use serde_json::Value;

use super::{Result, wrong};

pub(crate) const CONNECT: u8 = b'0';
pub(crate) const DISCONNECT: u8 = b'1';
pub(crate) const EVENT: u8 = b'2';
pub(crate) const ACK: u8 = b'3';
pub(crate) const CONNECT_ERROR: u8 = b'4';
pub(crate) const BINARY_EVENT: u8 = b'5';

#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) kind: u8,
    pub(crate) attachments: usize,
    pub(crate) namespace: String,
    pub(crate) id: Option<u64>,
    pub(crate) payload: Value,
}

/// The text of a message, without Engine.IO's `4`.
pub(crate) fn parse(text: &str) -> Result<Packet> {
    let bad = || format!("no packet: {text}");
    let Some(kind) = text.bytes().next() else { return wrong("an empty packet") };
    let mut rest = &text[1..];
    let mut attachments = 0;
    if kind == BINARY_EVENT {
        let Some((count, after)) = rest.split_once('-') else { return wrong(bad()) };
        attachments = count.parse().or_else(|_| wrong(bad()))?;
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
    Ok(Packet { kind, attachments, namespace: namespace.to_owned(), id, payload })
}

/// `/name,`, and nothing for `/`.
pub(crate) fn prefix(namespace: &str) -> String {
    if namespace == "/" { String::new() } else { format!("{namespace},") }
}
