//! From messages to packets: the parsers of Socket.IO v5, for what clients send and for what servers send.
//!
//! The default one reads JSON here; what MessagePack is made of is known next door.
//!
//! A text message is `<type>[<attachments>-][<namespace>,][<ack id>][<json>]`; the binary messages after it are its attachments.
//! Only the head, the brackets of the JSON and an event's name are read here. Nothing is copied: payloads and namespaces are
//! slices of the message.

use bytes::Bytes;
use bytestring::ByteString;

use super::{
    PacketError, Parser,
    json::WHITESPACE,
    msgpack,
    packet::{Body, MAX_ATTACHMENTS, Packet, PacketKind, Payload, RESERVED_EVENTS},
};

/// How much of one packet is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderLimits {
    /// Most attachments; [`MAX_ATTACHMENTS`] by default.
    pub max_attachments: usize,
    /// Most bytes of the text and all attachments together; 1,000,000 by default. Without it a peer could have a packet of ten
    /// messages, each as long as a message may be.
    pub max_bytes: usize,
}

impl Default for DecoderLimits {
    fn default() -> Self {
        Self { max_attachments: MAX_ATTACHMENTS, max_bytes: 1_000_000 }
    }
}

/// Takes the messages of one connection, in order, and gives its packets.
///
/// ```
/// use sockeye::protocol::socket_io::{decoder::Decoder, packet::PacketKind};
///
/// let mut decoder = Decoder::new(Default::default());
/// let packet = decoder.text(r#"2/admin,7["kick","bob"]"#.into())?.expect("no attachments are due");
/// assert_eq!(packet.namespace, "/admin");
/// let PacketKind::Event(payload, Some(7)) = packet.kind else { panic!("an event") };
/// let (name, arguments) = payload.event_name()?;
/// assert_eq!((&*name, arguments), ("kick", r#""bob""#));
/// # Ok::<(), sockeye::protocol::socket_io::PacketError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    parser: Parser,
    limits: DecoderLimits,
    /// The packet whose attachments are outstanding. Boxed: a connection has none most of the time.
    pending: Option<Box<Pending>>,
}

#[derive(Debug)]
struct Pending {
    namespace: ByteString,
    body: ByteString,
    id: Option<u64>,
    /// An ack; otherwise an event.
    is_ack: bool,
    attachments: Vec<Bytes>,
    /// Attachments that have not come.
    missing: usize,
    /// Bytes that may still come.
    room: usize,
}

impl Decoder {
    /// A decoder of the default parser for one connection.
    #[must_use]
    pub const fn new(limits: DecoderLimits) -> Self {
        Self::of(Parser::Json, limits)
    }

    /// A decoder of this parser for one connection.
    #[must_use]
    pub const fn of(parser: Parser, limits: DecoderLimits) -> Self {
        Self { parser, limits, pending: None }
    }

    /// Takes a text message (without Engine.IO's type digit); gives the packet, or `None` if attachments must come first.
    ///
    /// # Errors
    ///
    /// The rule that the peer broke. The connection is to be closed; a packet whose attachments were outstanding is gone.
    pub fn text(&mut self, text: ByteString) -> Result<Option<Packet>, PacketError> {
        if self.parser.is_msgpack() {
            return Err(PacketError::UnexpectedText);
        }
        if self.pending.take().is_some() {
            return Err(PacketError::AttachmentsOutstanding);
        }
        let Some(room) = self.limits.max_bytes.checked_sub(text.len()) else {
            return Err(PacketError::TooLong);
        };
        let mut head = Head { rest: &text };
        let kind = head.kind()?;
        let missing = match kind {
            b'5' | b'6' => head.attachments(self.limits.max_attachments)?,
            _ => 0,
        };
        let namespace =
            head.namespace().map_or(ByteString::from_static("/"), |namespace| text.slice_ref(namespace));
        let kind = match kind {
            b'0' => PacketKind::Connect(head.object()?.map(|body| payload(text.slice_ref(body)))),
            b'1' if head.rest.is_empty() => PacketKind::Disconnect,
            b'1' => return Err(PacketError::UnexpectedPayload),
            b'4' => PacketKind::ConnectError(head.object()?.map(|body| payload(text.slice_ref(body)))),
            kind => {
                let is_ack = matches!(kind, b'3' | b'6');
                let id = head.id()?;
                if is_ack && id.is_none() {
                    return Err(PacketError::MissingAckId);
                }
                let body = text.slice_ref(head.array()?);
                if !is_ack {
                    check_event(&body)?;
                }
                if missing > 0 {
                    let attachments = Vec::with_capacity(missing);
                    let pending = Pending { namespace, body, id, is_ack, attachments, missing, room };
                    self.pending = Some(Box::new(pending));
                    return Ok(None);
                }
                event_or_ack(payload(body), id, is_ack)?
            }
        };
        Ok(Some(Packet { namespace, kind }))
    }

    /// Takes a binary message; gives the packet if this was its last attachment. A message of MessagePack is a whole packet.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    pub fn binary(&mut self, data: Bytes) -> Result<Option<Packet>, PacketError> {
        if self.parser.is_msgpack() {
            return msgpack::packet(&data, self.limits.max_bytes).map(Some);
        }
        let mut pending = self.pending.take().ok_or(PacketError::UnexpectedBinary)?;
        pending.room = pending.room.checked_sub(data.len()).ok_or(PacketError::TooLong)?;
        pending.attachments.push(data);
        pending.missing -= 1;
        if pending.missing > 0 {
            self.pending = Some(pending);
            return Ok(None);
        }
        let Pending { namespace, body, id, is_ack, attachments, .. } = *pending;
        let kind = event_or_ack(Payload { body: Body::Json(body), attachments }, id, is_ack)?;
        Ok(Some(Packet { namespace, kind }))
    }

    /// Whether attachments are outstanding.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.pending.is_some()
    }
}

fn payload(body: ByteString) -> Payload {
    Payload { body: Body::Json(body), attachments: Vec::new() }
}

fn event_or_ack(payload: Payload, id: Option<u64>, is_ack: bool) -> Result<PacketKind, PacketError> {
    match (is_ack, id) {
        (false, id) => Ok(PacketKind::Event(payload, id)),
        (true, Some(id)) => Ok(PacketKind::Ack(payload, id)),
        (true, None) => Err(PacketError::MissingAckId),
    }
}

/// Checks that an event has a name, and one that it may have.
fn check_event(body: &str) -> Result<(), PacketError> {
    let (name, _) = super::packet::event_name(body)?;
    match RESERVED_EVENTS.contains(&&*name) {
        true => Err(PacketError::ReservedEvent),
        false => Ok(()),
    }
}

/// What is not yet read of a text message.
struct Head<'a> {
    rest: &'a str,
}

impl<'a> Head<'a> {
    fn kind(&mut self) -> Result<u8, PacketError> {
        match self.rest.as_bytes().first() {
            Some(kind @ b'0'..=b'6') => {
                self.rest = &self.rest[1..];
                Ok(*kind)
            }
            _ => Err(PacketError::UnknownType),
        }
    }

    /// The digits at the front; as many as there are.
    fn digits(&mut self) -> &'a str {
        let len = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(len);
        self.rest = rest;
        digits
    }

    fn attachments(&mut self, max: usize) -> Result<usize, PacketError> {
        let count = self.digits().parse().ok().filter(|count| (1..=max).contains(count));
        match (count, self.rest.strip_prefix('-')) {
            (Some(count), Some(rest)) => {
                self.rest = rest;
                Ok(count)
            }
            _ => Err(PacketError::AttachmentCount),
        }
    }

    /// The namespace, which goes to the comma, or to the end of a message without comma. It is literal: what looks like a query
    /// belongs to it.
    fn namespace(&mut self) -> Option<&'a str> {
        if !self.rest.starts_with('/') {
            return None;
        }
        let (namespace, rest) = self.rest.split_once(',').unwrap_or((self.rest, ""));
        self.rest = rest;
        Some(namespace)
    }

    fn id(&mut self) -> Result<Option<u64>, PacketError> {
        match self.digits() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| PacketError::AckId),
        }
    }

    /// The payload between `open` and `close`; the error `other` for one that is something else.
    fn payload(&self, open: char, close: char, other: PacketError) -> Result<&'a str, PacketError> {
        // What JavaScript writes has no space around it, and such a bracket at each end.
        let payload = match self.rest.starts_with(open) && self.rest.ends_with(close) {
            true => self.rest,
            false => self.rest.trim_matches(WHITESPACE),
        };
        if payload.is_empty() {
            return Err(PacketError::MissingPayload);
        }
        // A bracket alone must not be its own partner.
        match payload.strip_prefix(open).is_some_and(|inside| inside.ends_with(close)) {
            true => Ok(payload),
            false => Err(other),
        }
    }

    fn array(&self) -> Result<&'a str, PacketError> {
        self.payload('[', ']', PacketError::NotAnArray)
    }

    fn object(&self) -> Result<Option<&'a str>, PacketError> {
        match self.rest {
            "" => Ok(None),
            _ => self.payload('{', '}', PacketError::NotAnObject).map(Some),
        }
    }
}
