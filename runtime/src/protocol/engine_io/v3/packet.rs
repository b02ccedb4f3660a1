//! Packets of v3 on their own: a binary message has a type like any other packet.

use base64::Engine as _;
use bytes::Bytes;
use bytestring::ByteString;

use crate::protocol::{
    engine_io::packet::{BASE64, Message, Packet, PacketError},
    frame::{Frame, MAX_HEADER},
};

/// The type of a MESSAGE where packets are bytes.
pub(crate) const MESSAGE: u8 = 4;

/// Reads the text form: as in v4, but what follows the `b` is a type and then base64.
pub(crate) fn from_text(text: &ByteString) -> Result<Packet, PacketError> {
    let Some(typed) = text.strip_prefix('b') else { return Packet::from_text(text) };
    // No client sends anything else as bytes.
    let data = typed.strip_prefix('4').ok_or(PacketError::UnknownType)?;
    let bytes = BASE64.decode(data).map_err(|_| PacketError::Base64)?;
    Ok(Packet::Message(Message::Binary(bytes.into())))
}

/// Reads the binary form: the type as a byte, then the data.
pub(crate) fn from_binary(mut data: Bytes) -> Result<Packet, PacketError> {
    match data.first() {
        Some(&MESSAGE) => Ok(Packet::from_binary(data.split_off(1))),
        Some(_) => Err(PacketError::UnknownType),
        None => Err(PacketError::Empty),
    }
}

/// Appends a binary message as text: `b4` and base64.
pub(crate) fn encode_base64(data: &[u8], out: &mut Vec<u8>) {
    super::super::packet::encode_binary(data, out);
    let first = out.len() - data.len().div_ceil(3) * 4;
    out.insert(first, b'4');
}

/// What stands before the data of a binary message on WebSocket: the header and the type; and how long that is.
pub(crate) fn binary_head(len: usize) -> ([u8; MAX_HEADER + 1], usize) {
    let (header, header_len) = Frame::binary_header(len + 1);
    let mut head = [MESSAGE; MAX_HEADER + 1];
    head[..header_len].copy_from_slice(&header[..header_len]);
    (head, header_len + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(data: &'static [u8]) -> Packet {
        Packet::from_binary(Bytes::from_static(data))
    }

    #[test]
    fn a_binary_message_has_a_type_in_both_forms() {
        assert_eq!(from_text(&"b4AQIDBA==".into()).unwrap(), binary(&[1, 2, 3, 4]));
        assert_eq!(from_binary(Bytes::from_static(&[4, 1, 2])).unwrap(), binary(&[1, 2]));
        assert_eq!(from_binary(Bytes::from_static(&[4])).unwrap(), binary(&[]));
        let mut text = b"x".to_vec();
        encode_base64(&[1, 2, 3, 4], &mut text);
        encode_base64(&[], &mut text);
        assert_eq!(text, b"xb4AQIDBA==b4");
    }

    #[test]
    fn texts_are_those_of_v4() {
        assert_eq!(from_text(&"2probe".into()).unwrap(), Packet::Ping("probe".into()));
        assert_eq!(from_text(&"".into()), Err(PacketError::Empty));
    }

    #[test]
    fn bytes_of_another_type_are_an_error() {
        for text in ["b", "b2", "bAQIDBA=="] {
            assert_eq!(from_text(&text.into()), Err(PacketError::UnknownType));
        }
        assert_eq!(from_text(&"b4?".into()), Err(PacketError::Base64));
        assert_eq!(from_binary(Bytes::from_static(b"4a")), Err(PacketError::UnknownType));
        assert_eq!(from_binary(Bytes::new()), Err(PacketError::Empty));
    }

    #[test]
    fn the_head_of_a_frame_ends_with_the_type() {
        for (len, head) in
            [(4, &[0x82, 5, 4][..]), (125, &[0x82, 126, 0, 126, 4]), (300, &[0x82, 126, 1, 45, 4])]
        {
            let (buf, head_len) = binary_head(len);
            assert_eq!(&buf[..head_len], head);
        }
        assert_eq!(binary_head(70_000).1, 11);
    }
}
