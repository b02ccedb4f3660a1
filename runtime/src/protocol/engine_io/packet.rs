//! The Engine.IO packet: one digit and its data, as text; or the bytes of a message.

use std::{error::Error, fmt};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use bytestring::ByteString;

/// Written with padding; read with or without, as JavaScript does.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a packet of type MESSAGE carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text, known to be UTF-8.
    Text(ByteString),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    /// Its bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(data) => data.len(),
        }
    }
}

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// `0`: the handshake, from the server.
    Open(ByteString),
    /// `1`: the sender is about to close the transport.
    Close,
    /// `2`: from the server a heartbeat; from the client, with the data `probe`, the first packet of an upgrade.
    Ping(ByteString),
    /// `3`: the answer to a ping, with its data.
    Pong(ByteString),
    /// `4`, or bytes: a message.
    Message(Message),
    /// `5`: the client has changed over to the transport that carries this.
    Upgrade,
    /// `6`: nothing; ends a pending poll.
    Noop,
}

/// The data of the ping and the pong that try out a transport.
pub const PROBE: &str = "probe";

impl Packet {
    /// Reads the text form: what a WebSocket text message or a part of a polling payload holds. No text is copied.
    ///
    /// # Errors
    ///
    /// If the text is empty, begins with no digit of a type, or with `b` and what follows is not base64.
    pub fn from_text(text: &ByteString) -> Result<Self, PacketError> {
        let Some(&kind) = text.as_bytes().first() else { return Err(PacketError::Empty) };
        // All types are ASCII, so that the rest begins on a character's boundary.
        let data = || text.slice_ref(text.get(1..).unwrap_or_default());
        Ok(match kind {
            b'4' => Self::Message(Message::Text(data())),
            b'3' => Self::Pong(data()),
            b'2' => Self::Ping(data()),
            b'b' => {
                let bytes =
                    BASE64.decode(text.get(1..).unwrap_or_default()).map_err(|_| PacketError::Base64)?;
                Self::Message(Message::Binary(bytes.into()))
            }
            b'0' => Self::Open(data()),
            b'1' => Self::Close,
            b'5' => Self::Upgrade,
            b'6' => Self::Noop,
            _ => return Err(PacketError::UnknownType),
        })
    }

    /// Reads a binary WebSocket message, which is always a MESSAGE.
    #[must_use]
    pub fn from_binary(data: Bytes) -> Self {
        Self::Message(Message::Binary(data))
    }

    /// Appends the text form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (kind, data) = match self {
            Self::Open(data) => (b'0', data.as_bytes()),
            Self::Close => (b'1', &Bytes::new()),
            Self::Ping(data) => (b'2', data.as_bytes()),
            Self::Pong(data) => (b'3', data.as_bytes()),
            Self::Message(Message::Text(text)) => (b'4', text.as_bytes()),
            Self::Message(Message::Binary(data)) => return encode_binary(data, out),
            Self::Upgrade => (b'5', &Bytes::new()),
            Self::Noop => (b'6', &Bytes::new()),
        };
        out.push(kind);
        out.extend_from_slice(data);
    }
}

/// Appends the text form of a binary message: `b` and base64.
pub(super) fn encode_binary(data: &[u8], out: &mut Vec<u8>) {
    out.push(b'b');
    let start = out.len();
    // The length of base64 is known, and the buffer is exactly that long: the encoder cannot fail.
    out.resize(start + data.len().div_ceil(3) * 4, 0);
    let written = BASE64.encode_slice(data, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}

/// Why a text is no packet. A peer that sends one is closed with `parse error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PacketError {
    /// There is not even a type.
    Empty,
    /// The first character is the type of no packet.
    UnknownType,
    /// The bytes of a binary message are not base64.
    Base64,
    /// A payload is not UTF-8.
    Utf8,
    /// A payload has too many packets.
    TooMany,
    /// A packet of a payload does not fit its length (v3).
    Length,
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the packet is empty",
            Self::UnknownType => "the packet begins with no known type",
            Self::Base64 => "a binary packet is not base64",
            Self::Utf8 => "the payload is not UTF-8",
            Self::TooMany => "the payload has too many packets",
            Self::Length => "a packet of the payload does not fit its length",
        })
    }
}

impl Error for PacketError {}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(packet: &Packet) -> ByteString {
        let mut out = Vec::new();
        packet.encode(&mut out);
        ByteString::try_from(out).unwrap()
    }

    #[test]
    fn each_type_has_its_digit() {
        for (text, packet) in [
            ("0{}", Packet::Open("{}".into())),
            ("1", Packet::Close),
            ("2", Packet::Ping("".into())),
            ("2probe", Packet::Ping(PROBE.into())),
            ("3probe", Packet::Pong(PROBE.into())),
            ("4héllo", Packet::Message(Message::Text("héllo".into()))),
            ("4", Packet::Message(Message::Text("".into()))),
            ("bAQIDBA==", Packet::from_binary(Bytes::from_static(&[1, 2, 3, 4]))),
            ("b", Packet::from_binary(Bytes::new())),
            ("5", Packet::Upgrade),
            ("6", Packet::Noop),
        ] {
            assert_eq!(Packet::from_text(&text.into()).unwrap(), packet);
            assert_eq!(encoded(&packet), text);
        }
    }

    #[test]
    fn padding_may_be_missing() {
        assert_eq!(
            Packet::from_text(&"bAQIDBA".into()).unwrap(),
            Packet::from_binary(Bytes::from_static(&[1, 2, 3, 4]))
        );
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for text in ["", "7", "abc", "é", "b!", "\u{1e}", " 4"] {
            assert!(Packet::from_text(&text.into()).is_err(), "{text:?}");
        }
    }

    pub(in super::super) fn any_packet() -> impl Strategy<Value = Packet> {
        let text = || "[^\u{1e}]{0,12}".prop_map(ByteString::from);
        prop_oneof![
            text().prop_map(Packet::Open),
            Just(Packet::Close),
            text().prop_map(Packet::Ping),
            text().prop_map(Packet::Pong),
            text().prop_map(|text| Packet::Message(Message::Text(text))),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(|data| Packet::from_binary(data.into())),
            Just(Packet::Upgrade),
            Just(Packet::Noop),
        ]
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(packet in any_packet()) {
            prop_assert_eq!(Packet::from_text(&encoded(&packet)).unwrap(), packet);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Packet::from_text(&text.into());
        }
    }
}
