//! The two revisions of Engine.IO behind one type, chosen once at the handshake. All that the rest asks of a revision is here:
//! how packets and payloads are read and written, and who sends the heartbeat.

use bytes::Bytes;
use bytestring::ByteString;

use super::{
    Packet, PacketError,
    handshake::{Open, Query},
    payload::{PayloadReader, PayloadWriter},
    v3,
};
use crate::protocol::{
    frame::{Frame, MAX_HEADER},
    websocket::{self, OpCode},
};

/// The revision that a session speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// `EIO=4`: clients of Socket.IO 3 and later.
    #[default]
    V4,
    /// `EIO=3`, or no number that is known: clients of Socket.IO 1 and 2.
    V3 {
        /// Whether the peer's current transport cannot take bytes, so that binary messages are sent as base64.
        base64: bool,
    },
}

impl Dialect {
    /// The dialect that a handshake asks for; `None` if it is v3, which is not allowed.
    #[must_use]
    pub fn of(query: &Query, allow_v3: bool) -> Option<Self> {
        match query.is_v4() {
            true => Some(Self::V4),
            false => allow_v3.then_some(Self::V3 { base64: false }.on_transport(query)),
        }
    }

    /// The same dialect on the transport that was opened with this query: what the peer can take is the transport's affair.
    #[must_use]
    pub fn on_transport(self, query: &Query) -> Self {
        match self {
            Self::V4 => Self::V4,
            // A script cannot take bytes, whatever it says.
            Self::V3 { .. } => Self::V3 { base64: query.base64 || query.jsonp.is_some() },
        }
    }

    /// The number: `EIO` in the query, `socket.conn.protocol` in JavaScript.
    #[must_use]
    pub const fn revision(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V3 { .. } => 3,
        }
    }

    /// Reads a text: a WebSocket text message.
    ///
    /// # Errors
    ///
    /// As for [`Packet::from_text`].
    pub fn read_text(self, text: &ByteString) -> Result<Packet, PacketError> {
        match self {
            Self::V4 => Packet::from_text(text),
            Self::V3 { .. } => v3::packet::from_text(text),
        }
    }

    /// Reads bytes: a WebSocket binary message.
    ///
    /// # Errors
    ///
    /// In v3, if they do not begin with the type of a message.
    pub fn read_binary(self, data: Bytes) -> Result<Packet, PacketError> {
        match self {
            Self::V4 => Ok(Packet::from_binary(data)),
            Self::V3 { .. } => v3::packet::from_binary(data),
        }
    }

    /// Whether a POST may carry bytes (`application/octet-stream`).
    #[must_use]
    pub const fn reads_bytes(self) -> bool {
        matches!(self, Self::V3 { .. })
    }

    /// Begins to read the body of a POST, which is in its form as bytes or as text, and of which at most `max_packets` are taken.
    ///
    /// # Errors
    ///
    /// If a text is not UTF-8, or in v3 empty.
    pub fn read_payload(self, body: Bytes, bytes: bool, max_packets: usize) -> Result<Reader, PacketError> {
        match self {
            Self::V4 => Ok(Reader(Reading::V4(PayloadReader::new(body, max_packets)?))),
            Self::V3 { .. } => {
                let reader = match bytes {
                    true => v3::payload::Reader::bytes(body, max_packets),
                    false => v3::payload::Reader::text(body, max_packets)?,
                };
                Ok(Reader(Reading::V3(reader)))
            }
        }
    }

    /// Begins a payload of about so many bytes.
    #[must_use]
    pub fn write_payload(self, bytes: usize) -> Writer {
        match self {
            Self::V4 => Writer(Writing::V4(PayloadWriter::with_capacity(bytes))),
            Self::V3 { base64 } => Writer(Writing::V3(v3::payload::Writer::new(base64))),
        }
    }

    /// A payload of one packet.
    #[must_use]
    pub fn payload_of(self, packet: &Packet) -> Payload {
        let mut payload = self.write_payload(0);
        payload.packet(packet);
        payload.finish()
    }

    /// A payload with the OPEN packet.
    #[must_use]
    pub fn open_payload(self, open: &Open<'_>) -> Payload {
        self.payload_of(&Packet::Open(open.to_json().into()))
    }

    /// The heartbeat that the server sends: a PING, or in v3 the answer to one.
    #[must_use]
    pub const fn heartbeat(self) -> Packet {
        match self {
            Self::V4 => Packet::Ping(ByteString::from_static("")),
            Self::V3 { .. } => Packet::Pong(ByteString::from_static("")),
        }
    }

    /// The same as a WebSocket frame.
    #[must_use]
    pub const fn heartbeat_frame(self) -> &'static [u8] {
        match self {
            Self::V4 => b"\x81\x012",
            Self::V3 { .. } => b"\x81\x013",
        }
    }

    /// The WebSocket frame of a binary message, in two parts.
    #[must_use]
    pub fn binary_frame(self, data: Bytes) -> (FrameHead, Bytes) {
        match self {
            Self::V4 => {
                let (header, len) = Frame::binary_header(data.len());
                let mut buf = [0; MAX_HEADER + 1];
                buf[..MAX_HEADER].copy_from_slice(&header);
                (FrameHead { buf, len: len as u8 }, data)
            }
            Self::V3 { base64: false } => {
                let (buf, len) = v3::packet::binary_head(data.len());
                (FrameHead { buf, len: len as u8 }, data)
            }
            Self::V3 { base64: true } => {
                let (mut text, mut frame) = (Vec::new(), Vec::new());
                v3::packet::encode_base64(&data, &mut text);
                websocket::encode(&mut frame, true, OpCode::Text, &text, None);
                (FrameHead { buf: [0; MAX_HEADER + 1], len: 0 }, frame.into())
            }
        }
    }
}

/// What goes before the shared bytes of a binary message.
#[derive(Clone, Copy, Debug)]
pub struct FrameHead {
    buf: [u8; MAX_HEADER + 1],
    len: u8,
}

impl FrameHead {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.buf.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// A payload, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The body of the answer.
    pub body: Bytes,
    /// Whether it is bytes; otherwise it is text.
    pub binary: bool,
}

/// Reads a payload packet by packet, so that it can wait between two.
#[derive(Debug)]
pub struct Reader(Reading);

#[derive(Debug)]
enum Reading {
    V4(PayloadReader),
    V3(v3::payload::Reader),
}

impl Iterator for Reader {
    type Item = Result<Packet, PacketError>;

    /// The next packet. After an error there is no other.
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Reading::V4(reader) => reader.next(),
            Reading::V3(reader) => reader.next(),
        }
    }
}

/// Writes a payload.
#[derive(Debug)]
pub struct Writer(Writing);

#[derive(Debug)]
enum Writing {
    V4(PayloadWriter),
    V3(v3::payload::Writer),
}

impl Writer {
    /// Appends a packet.
    pub fn packet(&mut self, packet: &Packet) {
        match &mut self.0 {
            Writing::V4(writer) => writer.packet(packet),
            Writing::V3(writer) => writer.packet(packet),
        }
    }

    /// Appends a message that was encoded for all transports.
    pub fn frame(&mut self, frame: &Frame) {
        match &mut self.0 {
            Writing::V4(writer) => writer.frame(frame),
            Writing::V3(writer) => writer.frame(frame),
        }
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Writing::V4(writer) => writer.is_empty(),
            Writing::V3(writer) => writer.is_empty(),
        }
    }

    /// The whole.
    #[must_use]
    pub fn finish(self) -> Payload {
        match self.0 {
            Writing::V4(writer) => Payload { body: writer.finish(), binary: false },
            Writing::V3(writer) => {
                let (body, binary) = writer.finish();
                Payload { body, binary }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V3: Dialect = Dialect::V3 { base64: false };

    #[test]
    fn what_is_not_4_is_3_if_that_is_allowed() {
        for query in ["", "EIO=3", "EIO=abc", "EIO=5"] {
            assert_eq!(Dialect::of(&Query::parse(query), true), Some(V3));
            assert_eq!(Dialect::of(&Query::parse(query), false), None);
        }
        for allowed in [false, true] {
            assert_eq!(Dialect::of(&Query::parse("EIO=4&b64=1"), allowed), Some(Dialect::V4));
        }
    }

    #[test]
    fn each_transport_says_whether_it_takes_bytes() {
        let polling = Dialect::of(&Query::parse("EIO=3&b64=1"), true).unwrap();
        assert_eq!(polling, Dialect::V3 { base64: true });
        assert_eq!(polling.on_transport(&Query::parse("EIO=3")), V3);
        assert_eq!(V3.on_transport(&Query::parse("j=0")), Dialect::V3 { base64: true });
        assert_eq!(Dialect::V4.on_transport(&Query::parse("EIO=3&b64=1")), Dialect::V4);
    }

    #[test]
    fn binary_frames_are_whole_in_every_dialect() {
        let frame = |dialect: Dialect| {
            let (head, data) = dialect.binary_frame(Bytes::from_static(&[1, 2, 3]));
            [head.as_slice(), &data].concat()
        };
        assert_eq!(frame(Dialect::V4), [0x82, 3, 1, 2, 3]);
        assert_eq!(frame(V3), [0x82, 4, 4, 1, 2, 3]);
        assert_eq!(frame(Dialect::V3 { base64: true }), b"\x81\x06b4AQID");
    }

    #[test]
    fn the_heartbeat_is_the_same_on_both_transports() {
        for dialect in [Dialect::V4, V3] {
            let mut text = Vec::new();
            dialect.heartbeat().encode(&mut text);
            assert_eq!(dialect.heartbeat_frame()[2..], text);
        }
    }
}
