//! The body of a polling request or response: packets with `0x1e` between them.

use bytes::Bytes;
use bytestring::ByteString;
use memchr::memchr;

use super::packet::{Packet, PacketError, encode_binary};
use crate::protocol::frame::Frame;

const SEPARATOR: u8 = 0x1e;

/// Most packets of a payload. Those of an honest client are longer than this allows for under the default limit of its
/// bytes; a body of nothing but empty packets is not.
pub const MAX_PACKETS: usize = 1 << 17;

/// Reads a payload packet by packet, so that it can wait between two. Texts are slices of the body.
///
/// An empty body holds one packet, which is an invalid one: as in JavaScript.
#[derive(Debug)]
pub struct PayloadReader {
    /// What has not been read; `None` after the last packet or an error.
    rest: Option<ByteString>,
    left: usize,
}

impl PayloadReader {
    /// Begins to read a body, of which at most `max_packets` packets are taken.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn new(body: Bytes, max_packets: usize) -> Result<Self, PacketError> {
        let text = ByteString::try_from(body).map_err(|_| PacketError::Utf8)?;
        Ok(Self { rest: Some(text), left: max_packets })
    }
}

impl Iterator for PayloadReader {
    type Item = Result<Packet, PacketError>;

    /// The next packet. After an error there is no other.
    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let Some(left) = self.left.checked_sub(1) else { return Some(Err(PacketError::TooMany)) };
        self.left = left;
        let (text, after) = match memchr(SEPARATOR, rest.as_bytes()) {
            // The separator is ASCII: both sides begin and end on a character's boundary.
            Some(at) => (
                rest.slice_ref(rest.get(..at).unwrap_or_default()),
                Some(rest.slice_ref(rest.get(at + 1..).unwrap_or_default())),
            ),
            None => (rest, None),
        };
        let packet = Packet::from_text(&text);
        if packet.is_ok() {
            self.rest = after;
        }
        Some(packet)
    }
}

/// Writes a payload.
#[derive(Debug, Default)]
pub struct PayloadWriter {
    body: Vec<u8>,
    begun: bool,
}

impl PayloadWriter {
    /// An empty payload with room for about so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { body: Vec::with_capacity(bytes), begun: false }
    }

    fn separate(&mut self) -> &mut Vec<u8> {
        if self.begun {
            self.body.push(SEPARATOR);
        }
        self.begun = true;
        &mut self.body
    }

    /// Appends a packet.
    pub fn packet(&mut self, packet: &Packet) {
        packet.encode(self.separate());
    }

    /// Appends a message that was encoded for all transports.
    pub fn frame(&mut self, frame: &Frame) {
        let body = self.separate();
        match frame {
            Frame::Binary(data) => encode_binary(data, body),
            Frame::Text { .. } => body.extend_from_slice(frame.packet_text().unwrap_or_default()),
        }
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.begun
    }

    /// The body.
    #[must_use]
    pub fn finish(self) -> Bytes {
        self.body.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::engine_io::packet::{Message, tests::any_packet};

    fn read(body: &'static [u8]) -> Vec<Result<Packet, ()>> {
        PayloadReader::new(Bytes::from_static(body), 10).unwrap().map(|packet| packet.map_err(drop)).collect()
    }

    #[test]
    fn packets_are_separated_by_the_record_separator() {
        let text = |text: &str| Ok(Packet::Message(Message::Text(text.into())));
        assert_eq!(read(b"4a\x1e4b\x1e4"), [text("a"), text("b"), text("")]);
        assert_eq!(read(b"4a\x1ebAQI="), [text("a"), Ok(Packet::from_binary(Bytes::from_static(&[1, 2])))]);
    }

    #[test]
    fn after_an_invalid_packet_nothing_is_read() {
        assert_eq!(read(b"1\x1ex\x1e1"), [Ok(Packet::Close), Err(())]);
        assert_eq!(read(b""), [Err(())]);
        assert_eq!(read(b"1\x1e"), [Ok(Packet::Close), Err(())]);
        assert!(PayloadReader::new(Bytes::from_static(b"4\xff"), 10).is_err());
    }

    #[test]
    fn packets_are_counted() {
        let packets: Vec<_> =
            PayloadReader::new(Bytes::from_static(b"1\x1e1\x1e1\x1e1"), 2).unwrap().collect();
        assert_eq!(packets.len(), 3);
        assert!(matches!(packets[2], Err(PacketError::TooMany)));
    }

    #[test]
    fn frames_lose_their_header() {
        let mut payload = PayloadWriter::default();
        assert!(payload.is_empty());
        payload.packet(&Packet::Ping("".into()));
        payload.frame(&Frame::text("hello"));
        payload.frame(&Frame::Binary(Bytes::from_static(&[1, 2, 3, 4])));
        payload.frame(&Frame::Binary(Bytes::new()));
        assert_eq!(payload.finish(), "2\x1e4hello\x1ebAQIDBA==\x1eb");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(packets in proptest::collection::vec(any_packet(), 1..8)) {
            let mut payload = PayloadWriter::default();
            for packet in &packets {
                payload.packet(packet);
            }
            let read: Result<Vec<_>, _> = PayloadReader::new(payload.finish(), 8).unwrap().collect();
            prop_assert_eq!(read.unwrap(), packets);
        }

        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(payload) = PayloadReader::new(body.into(), 8) {
                prop_assert!(payload.count() <= 9);
            }
        }
    }
}
