//! The head of a packet, written backwards in front of a body that already lies in the buffer.
//!
//! So that a body is serialized once, straight to where it stays: leave [`reserve`] bytes free, serialize behind them, call
//! [`finish`].

use std::{error::Error, fmt, sync::Arc};

use bytes::Bytes;

use super::packet::MAX_ATTACHMENTS;
use crate::protocol::frame::{Encoded, Frame, MAX_HEADER};

/// Digits of the largest ack id.
const MAX_ID: usize = 20;

/// What a packet says. With attachments, an event or an ack has another type on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Join; from a server: joined.
    Connect,
    /// Leave.
    Disconnect,
    /// An event, binary or not.
    Event,
    /// An answer, binary or not.
    Ack,
    /// The namespace cannot be joined.
    ConnectError,
}

impl Head {
    /// The type of a packet without attachments.
    const fn digit(self) -> u8 {
        match self {
            Self::Connect => b'0',
            Self::Disconnect => b'1',
            Self::Event => b'2',
            Self::Ack => b'3',
            Self::ConnectError => b'4',
        }
    }

    /// The type of a packet with attachments.
    const fn binary_digit(self) -> Option<u8> {
        match self {
            Self::Event => Some(b'5'),
            Self::Ack => Some(b'6'),
            Self::Connect | Self::Disconnect | Self::ConnectError => None,
        }
    }
}

/// Why a packet cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadError {
    /// More attachments than the official parsers accept: they would close the connection.
    TooManyAttachments(usize),
    /// Attachments on a packet that is neither event nor ack.
    NoAttachments,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyAttachments(count) => {
                write!(f, "{count} attachments, where {MAX_ATTACHMENTS} are allowed")
            }
            Self::NoAttachments => f.write_str("only events and acks have attachments"),
        }
    }
}

impl Error for HeadError {}

/// Bytes to leave free in front of a body: for the frame's header, Engine.IO's type digit, and the longest head that a packet of
/// this namespace can have.
#[must_use]
pub const fn reserve(namespace: &str) -> usize {
    MAX_HEADER + 1 + "5".len() + "10-".len() + namespace.len() + ",".len() + MAX_ID
}

/// Finishes a packet whose body (JSON, possibly nothing) is `buf[start..]`. An event or an ack with attachments becomes a binary
/// one. The buffer can be used again; a long body is not copied out of it but takes it.
///
/// # Errors
///
/// If the packet cannot have so many attachments.
///
/// # Panics
///
/// If fewer than [`reserve`] bytes are free in front of `start`, and the head needs them.
pub fn finish(
    buf: &mut Vec<u8>,
    start: usize,
    head: Head,
    namespace: &str,
    id: Option<u64>,
    attachments: Vec<Bytes>,
) -> Result<Encoded, HeadError> {
    match attachments.len() {
        0 => {
            let at = prepend(buf, start, (head.digit(), 0), namespace, id);
            Ok(Encoded::new(Frame::take_text(buf, at)))
        }
        count if count > MAX_ATTACHMENTS => Err(HeadError::TooManyAttachments(count)),
        count => {
            let digit = head.binary_digit().ok_or(HeadError::NoAttachments)?;
            let at = prepend(buf, start, (digit, count), namespace, id);
            let head = Frame::take_text(buf, at);
            Ok(Encoded { attachments: Some(Arc::from(attachments)), ..Encoded::new(head) })
        }
    }
}

/// Writes the head from its end to its beginning; returns where it begins.
fn prepend(
    buf: &mut [u8],
    start: usize,
    (digit, attachments): (u8, usize),
    namespace: &str,
    id: Option<u64>,
) -> usize {
    let mut at = start;
    let mut write = |part: &[u8]| {
        buf[at - part.len()..at].copy_from_slice(part);
        at -= part.len();
    };
    let mut digits = itoa::Buffer::new();
    if let Some(id) = id {
        write(digits.format(id).as_bytes());
    }
    if namespace != "/" {
        // Without the comma, an id or a body would be read as part of the name; it is written even before nothing, as JavaScript does.
        write(b",");
        write(namespace.as_bytes());
    }
    if attachments > 0 {
        write(b"-");
        write(digits.format(attachments).as_bytes());
    }
    write(&[digit]);
    at
}

/// A packet without attachments whose body is already a text (empty for none).
#[must_use]
pub fn packet(head: Head, namespace: &str, id: Option<u64>, body: &str) -> Encoded {
    let start = reserve(namespace);
    let mut buf = Vec::with_capacity(start + body.len());
    buf.resize(start, 0);
    buf.extend_from_slice(body.as_bytes());
    let at = prepend(&mut buf, start, (head.digit(), 0), namespace, id);
    Encoded::new(Frame::finish_text(buf, at))
}
