//! From a binary message to a packet.

use std::borrow::Cow;

use bytes::Bytes;
use bytestring::ByteString;

use super::{Token, Tokens};
use crate::protocol::socket_io::{
    PacketError,
    packet::{Body, Packet, PacketKind, Payload, RESERVED_EVENTS},
};

/// What has been found of a packet's fields; of a field that comes twice the last, as in JavaScript.
#[derive(Default)]
struct Fields<'a> {
    kind: Option<u64>,
    namespace: Option<&'a [u8]>,
    id: Option<u64>,
    data: Option<&'a [u8]>,
}

/// Reads the packet that a message of at most `max_bytes` holds.
pub(in crate::protocol::socket_io) fn packet(
    message: &Bytes,
    max_bytes: usize,
) -> Result<Packet, PacketError> {
    if message.len() > max_bytes {
        return Err(PacketError::TooLong);
    }
    let Fields { kind, namespace, id, data } = fields(message)?;
    let namespace = namespace.ok_or(PacketError::Namespace)?;
    let namespace = ByteString::try_from(message.slice_ref(namespace)).map_err(|_| PacketError::Namespace)?;
    let payload =
        |data: &[u8]| Payload { body: Body::MsgPack(message.slice_ref(data)), attachments: Vec::new() };
    let object = || match data.map(|data| (data, Tokens::new(data).next())) {
        None => Ok(None),
        Some((data, Some(Token::Map(_)))) => Ok(Some(payload(data))),
        Some(_) => Err(PacketError::NotAnObject),
    };
    let array = || match data {
        None => Err(PacketError::MissingPayload),
        Some(data) if elements(data).is_some() => Ok(data),
        Some(_) => Err(PacketError::NotAnArray),
    };
    let kind = match kind {
        Some(0) => PacketKind::Connect(object()?),
        Some(1) if data.is_none() => PacketKind::Disconnect,
        Some(1) => return Err(PacketError::UnexpectedPayload),
        Some(2) => {
            let data = array()?;
            let (name, _) = name(data)?;
            if RESERVED_EVENTS.contains(&&*name) {
                return Err(PacketError::ReservedEvent);
            }
            PacketKind::Event(payload(data), id)
        }
        Some(3) => {
            let data = array()?;
            PacketKind::Ack(payload(data), id.ok_or(PacketError::MissingAckId)?)
        }
        Some(4) => PacketKind::ConnectError(object()?),
        _ => return Err(PacketError::UnknownType),
    };
    Ok(Packet { namespace, kind })
}

fn fields(message: &[u8]) -> Result<Fields<'_>, PacketError> {
    const BROKEN: PacketError = PacketError::NotMessagePack;
    let mut tokens = Tokens::new(message);
    let Some(Token::Map(count)) = tokens.next() else { return Err(BROKEN) };
    let mut fields = Fields::default();
    for _ in 0..count {
        let key = match tokens.next().ok_or(BROKEN)? {
            Token::Str(key) => key,
            Token::Array(_) | Token::Map(_) => return Err(BROKEN),
            _ => b"",
        };
        let start = tokens.rest;
        let value = { tokens }.next();
        tokens.skip().ok_or(BROKEN)?;
        let value = value.filter(|value| !value.is_nothing());
        match key {
            b"type" => match value {
                Some(Token::Uint(kind)) => fields.kind = Some(kind),
                _ => return Err(PacketError::UnknownType),
            },
            b"nsp" => match value {
                Some(Token::Str(namespace)) => fields.namespace = Some(namespace),
                _ => return Err(PacketError::Namespace),
            },
            b"id" => match value {
                Some(Token::Uint(id)) => fields.id = Some(id),
                None => fields.id = None,
                _ => return Err(PacketError::AckId),
            },
            b"data" => {
                let len = start.len() - tokens.rest.len();
                fields.data = value.and_then(|_| start.get(..len));
            }
            _ => {}
        }
    }
    match tokens.rest {
        [] => Ok(fields),
        _ => Err(BROKEN),
    }
}

/// How many values an array has, and where they begin; `None` if it is no array.
pub(crate) fn elements(data: &[u8]) -> Option<(usize, Tokens<'_>)> {
    let mut tokens = Tokens::new(data);
    match tokens.next()? {
        Token::Array(len) => Some((len, tokens)),
        _ => None,
    }
}

/// The name of an event, the number of its arguments, and where they begin. A number is a name too; what is not UTF-8 in one
/// becomes U+FFFD, so that such an event is merely unknown.
pub(crate) fn name(data: &[u8]) -> Result<(Cow<'_, str>, (usize, Tokens<'_>)), PacketError> {
    let (len, mut tokens) = elements(data).ok_or(PacketError::NotAnArray)?;
    let arguments = len.checked_sub(1).ok_or(PacketError::EventName)?;
    let name = match tokens.next() {
        Some(Token::Str(name)) => String::from_utf8_lossy(name),
        Some(Token::Uint(number)) => number.to_string().into(),
        Some(Token::Int(number)) => number.to_string().into(),
        Some(Token::Float(number)) => number.to_string().into(),
        _ => return Err(PacketError::EventName),
    };
    Ok((name, (arguments, tokens)))
}
