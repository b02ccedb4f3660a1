//! The body of a polling request or response in v3: packets behind their lengths.
//!
//! As text it is `<length>:<packet>` for each packet, the length counting UTF-16 code units, as JavaScript does. As bytes, which is
//! chosen when one of the packets is binary and the peer can take it, it is for each packet: 0 for text or 1 for binary, the
//! length in bytes as decimal digits (the bytes 0 to 9), 255, the packet.

use bytes::Bytes;
use bytestring::ByteString;
use memchr::memchr;

use super::packet::{MESSAGE, encode_base64, from_binary, from_text};
use crate::protocol::{
    engine_io::packet::{Message, Packet, PacketError},
    frame::Frame,
};

/// More digits than the length of any body has.
const MAX_DIGITS: usize = 10;

const TEXT: u8 = 0;
const BINARY: u8 = 1;
const END_OF_LENGTH: u8 = 255;

/// Reads a payload packet by packet. Packets are slices of the body, but for base64.
#[derive(Debug)]
pub(crate) struct Reader {
    rest: Rest,
    left: usize,
}

#[derive(Debug)]
enum Rest {
    Text(ByteString),
    Bytes(Bytes),
    End,
}

impl Reader {
    /// Begins to read a body in its form as text.
    pub(crate) fn text(body: Bytes, max_packets: usize) -> Result<Self, PacketError> {
        let text = ByteString::try_from(body).map_err(|_| PacketError::Utf8)?;
        if text.is_empty() {
            return Err(PacketError::Empty);
        }
        Ok(Self { rest: Rest::Text(text), left: max_packets })
    }

    /// Begins to read a body in its form as bytes.
    pub(crate) fn bytes(body: Bytes, max_packets: usize) -> Self {
        Self { rest: Rest::Bytes(body), left: max_packets }
    }

    fn read(&mut self) -> Result<Option<Packet>, PacketError> {
        loop {
            match &self.rest {
                Rest::Text(rest) if !rest.is_empty() => {}
                Rest::Bytes(rest) if !rest.is_empty() => {}
                _ => return Ok(None),
            }
            self.left = self.left.checked_sub(1).ok_or(PacketError::TooMany)?;
            match &mut self.rest {
                Rest::Text(rest) => {
                    let packet = split_text(rest)?;
                    // Nothing at all is skipped, as in JavaScript.
                    if !packet.is_empty() {
                        return from_text(&packet).map(Some);
                    }
                }
                Rest::Bytes(rest) => {
                    return match split_bytes(rest)? {
                        (TEXT, packet) => {
                            let text = ByteString::try_from(packet).map_err(|_| PacketError::Utf8)?;
                            from_text(&text).map(Some)
                        }
                        (_, packet) => from_binary(packet).map(Some),
                    };
                }
                Rest::End => return Ok(None),
            }
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Packet, PacketError>;

    /// The next packet. After an error there is no other.
    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read().transpose();
        if !matches!(read, Some(Ok(_))) {
            self.rest = Rest::End;
        }
        read
    }
}

/// Takes the first packet of the text form off.
fn split_text(rest: &mut ByteString) -> Result<ByteString, PacketError> {
    let colon = memchr(b':', rest.as_bytes())
        .filter(|at| (1..=MAX_DIGITS).contains(at))
        .ok_or(PacketError::Length)?;
    let digits = rest.get(..colon).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let units = digits.and_then(|digits| digits.parse().ok()).ok_or(PacketError::Length)?;
    let body = rest.get(colon + 1..).ok_or(PacketError::Length)?;
    let (packet, after) = split_units(body, units).ok_or(PacketError::Length)?;
    let (packet, after) = (rest.slice_ref(packet), rest.slice_ref(after));
    *rest = after;
    Ok(packet)
}

/// Splits behind so many UTF-16 code units. `None` if there are fewer, or if that is within a character.
fn split_units(text: &str, units: usize) -> Option<(&str, &str)> {
    // The usual case: as many bytes.
    if text.as_bytes().get(..units).is_some_and(<[u8]>::is_ascii) {
        return text.split_at_checked(units);
    }
    let mut left = units;
    for (at, char) in text.char_indices() {
        if left == 0 {
            return text.split_at_checked(at);
        }
        left = left.checked_sub(char.len_utf16())?;
    }
    (left == 0).then_some((text, ""))
}

/// Takes the first packet of the binary form off, and its kind.
fn split_bytes(rest: &mut Bytes) -> Result<(u8, Bytes), PacketError> {
    let kind =
        rest.first().copied().filter(|kind| matches!(*kind, TEXT | BINARY)).ok_or(PacketError::Length)?;
    let end = memchr(END_OF_LENGTH, rest.get(..MAX_DIGITS + 2).unwrap_or(rest)).filter(|end| *end > 1);
    let end = end.ok_or(PacketError::Length)?;
    let mut len = 0_usize;
    for digit in rest.get(1..end).unwrap_or_default() {
        if *digit > 9 {
            return Err(PacketError::Length);
        }
        len = len * 10 + usize::from(*digit);
    }
    drop(rest.split_to(end + 1));
    if rest.len() < len {
        return Err(PacketError::Length);
    }
    Ok((kind, rest.split_to(len)))
}

/// The number of UTF-16 code units of a text.
fn units(text: &[u8]) -> usize {
    // Each byte that begins a character counts for one, and once more if there are four of them.
    text.iter().map(|byte| usize::from(byte & 0xc0 != 0x80) + usize::from(*byte >= 0xf0)).sum()
}

/// Writes a payload.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Which form it has is known only when all are there.
    packets: Vec<Item>,
    base64: bool,
}

#[derive(Debug)]
enum Item {
    Text(Bytes),
    /// The data of a message.
    Binary(Bytes),
}

impl Writer {
    /// An empty payload; with `base64` for a peer that cannot take bytes.
    pub(crate) fn new(base64: bool) -> Self {
        Self { packets: Vec::new(), base64 }
    }

    pub(crate) fn packet(&mut self, packet: &Packet) {
        self.packets.push(match packet {
            Packet::Message(Message::Binary(data)) => Item::Binary(data.clone()),
            packet => {
                let mut text = Vec::new();
                packet.encode(&mut text);
                Item::Text(text.into())
            }
        });
    }

    pub(crate) fn frame(&mut self, frame: &Frame) {
        self.packets.push(match frame {
            Frame::Text { frame, head } => Item::Text(frame.slice(usize::from(*head).min(frame.len())..)),
            Frame::Binary(data) => Item::Binary(data.clone()),
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// The body, and whether it is in the form as bytes.
    pub(crate) fn finish(self) -> (Bytes, bool) {
        let bytes = !self.base64 && self.packets.iter().any(|item| matches!(item, Item::Binary(_)));
        let size = |item: &Item| match item {
            Item::Text(text) => text.len(),
            Item::Binary(data) if bytes => data.len() + 1,
            Item::Binary(data) => data.len().div_ceil(3) * 4 + 2,
        };
        let overhead = MAX_DIGITS * self.packets.len();
        let mut body = Vec::with_capacity(self.packets.iter().map(size).sum::<usize>() + overhead);
        for item in &self.packets {
            if bytes { write_bytes(item, &mut body) } else { write_text(item, &mut body) }
        }
        (body.into(), bytes)
    }
}

fn write_text(item: &Item, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    match item {
        Item::Text(text) => {
            out.extend_from_slice(digits.format(units(text)).as_bytes());
            out.push(b':');
            out.extend_from_slice(text);
        }
        Item::Binary(data) => {
            out.extend_from_slice(digits.format(data.len().div_ceil(3) * 4 + 2).as_bytes());
            out.push(b':');
            encode_base64(data, out);
        }
    }
}

fn write_bytes(item: &Item, out: &mut Vec<u8>) {
    let (kind, len, data) = match item {
        Item::Text(text) => (TEXT, text.len(), text),
        Item::Binary(data) => (BINARY, data.len() + 1, data),
    };
    out.push(kind);
    out.extend(itoa::Buffer::new().format(len).bytes().map(|digit| digit - b'0'));
    out.push(END_OF_LENGTH);
    if kind == BINARY {
        out.push(MESSAGE);
    }
    out.extend_from_slice(data);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::engine_io::packet::tests::any_packet;

    fn text(text: &str) -> Packet {
        Packet::Message(Message::Text(text.into()))
    }

    fn binary(data: &'static [u8]) -> Packet {
        Packet::from_binary(Bytes::from_static(data))
    }

    fn written(packets: &[Packet], base64: bool) -> (Bytes, bool) {
        let mut writer = Writer::new(base64);
        for packet in packets {
            writer.packet(packet);
        }
        writer.finish()
    }

    fn read(body: impl Into<Bytes>) -> Result<Vec<Packet>, PacketError> {
        Reader::text(body.into(), 10)?.collect()
    }

    #[test]
    fn lengths_count_utf_16_code_units() {
        for (packet, body) in [("hello", "6:4hello"), ("é€", "3:4é€"), ("😀!", "4:4😀!"), ("", "1:4")]
        {
            assert_eq!(written(&[text(packet)], false), (Bytes::from(body), false));
            assert_eq!(read(body), Ok(vec![text(packet)]));
        }
        assert_eq!(read("4:4😀é6:4hello1:6"), Ok(vec![text("😀é"), text("hello"), Packet::Noop]));
    }

    #[test]
    fn a_binary_message_is_base64_for_those_who_want_it_and_turns_all_to_bytes_for_others() {
        let packets = [text("héllo"), binary(&[1, 2, 3, 4])];
        assert_eq!(written(&packets, true), (Bytes::from("6:4héllo10:b4AQIDBA=="), false));
        let (body, bytes) = written(&packets, false);
        assert!(bytes);
        assert_eq!(&body[..], b"\x00\x07\xff4h\xc3\xa9llo\x01\x05\xff\x04\x01\x02\x03\x04");
        assert_eq!(Reader::bytes(body, 10).collect::<Result<Vec<_>, _>>(), Ok(packets.to_vec()));
    }

    #[test]
    fn a_length_of_several_digits_is_written_digit_by_digit() {
        let (body, _) = written(&[Packet::from_binary(vec![7; 122].into())], false);
        assert_eq!(body[..6], [1, 1, 2, 3, 255, 4]);
    }

    #[test]
    fn frames_lose_their_header() {
        let mut writer = Writer::new(true);
        assert!(writer.is_empty());
        writer.frame(&Frame::text("hello"));
        writer.frame(&Frame::Binary(Bytes::from_static(&[1, 2, 3, 4])));
        assert_eq!(writer.finish(), (Bytes::from("6:4hello10:b4AQIDBA=="), false));
    }

    #[test]
    fn what_does_not_fit_its_length_is_an_error() {
        for body in ["abc", ":4a", "3:4a", "1:4a", "-1:4", "99999999999:4", "12", "2:4😀", "1.5:4"] {
            assert!(read(body).is_err(), "{body}");
        }
        assert_eq!(read(""), Err(PacketError::Empty));
        assert_eq!(read("0:"), Ok(vec![]));
        assert_eq!(read("2:xx"), Err(PacketError::UnknownType));
        assert_eq!(read(&b"2:4\xff"[..]), Err(PacketError::Utf8));
        for body in
            [&[0_u8][..], &[0, 255, 52], &[2, 1, 255, 52], &[0, 2, 255, 52], &[1, 10, 255, 4], &[0; 20]]
        {
            let read = Reader::bytes(Bytes::from_static(Box::leak(body.into())), 10);
            assert!(read.last().is_some_and(|packet| packet.is_err()), "{body:?}");
        }
    }

    #[test]
    fn packets_are_counted_empty_ones_too() {
        assert_eq!(read("1:6".repeat(11)), Err(PacketError::TooMany));
        assert_eq!(read("0:".repeat(11)), Err(PacketError::TooMany));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(packets in proptest::collection::vec(any_packet(), 1..8), base64: bool) {
            let (body, bytes) = written(&packets, base64);
            let reader = if bytes { Reader::bytes(body, 8) } else { Reader::text(body, 8).unwrap() };
            prop_assert_eq!(reader.collect::<Result<Vec<_>, _>>().unwrap(), packets);
        }

        #[test]
        fn lengths_are_javascripts(packet in "\\PC{0,20}") {
            prop_assert_eq!(units(packet.as_bytes()), packet.encode_utf16().count());
        }

        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..60), text in "[0-9:4b😀é]{0,30}") {
            prop_assert!(Reader::bytes(body.clone().into(), 8).count() <= 9);
            for body in [body, text.into_bytes()] {
                if let Ok(reader) = Reader::text(body.into(), 8) {
                    prop_assert!(reader.count() <= 9);
                }
            }
        }
    }
}
