//! Packets against what npm's `socket.io-msgpack-parser` 3.0.2 writes, and against noise.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::protocol::{
    frame::Frame,
    socket_io::{
        PacketError, Parser,
        decoder::{Decoder, DecoderLimits},
        encoder::Head,
        packet::{Body, Packet, PacketKind, Payload, RESERVED_EVENTS},
    },
};

fn bytes(hex: &str) -> Bytes {
    let digits = hex.split_whitespace().collect::<String>();
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn read(hex: &str) -> Result<Packet, PacketError> {
    decoder().binary(bytes(hex)).map(Option::unwrap)
}

fn decoder() -> Decoder {
    Decoder::of(Parser::MessagePack, DecoderLimits::default())
}

fn payload(hex: &str) -> Payload {
    Payload { body: Body::MsgPack(bytes(hex)), attachments: Vec::new() }
}

fn packet(namespace: &str, kind: PacketKind) -> Packet {
    Packet { namespace: namespace.into(), kind }
}

#[test]
fn packets_of_javascript_are_read() {
    for (hex, expected) in [
        // `{type: 0, data: undefined, nsp: "/admin"}`
        ("83a47479706500a464617461d40000a36e7370a62f61646d696e", packet("/admin", PacketKind::Connect(None))),
        // `{type: 0, data: {token: "x", n: 1}, nsp: "/"}`
        (
            "83a47479706500a46461746182a5746f6b656ea178a16e01a36e7370a12f",
            packet("/", PacketKind::Connect(Some(payload("82a5746f6b656ea178a16e01")))),
        ),
        // `{type: 1, nsp: "/admin"}`
        ("82a47479706501a36e7370a62f61646d696e", packet("/admin", PacketKind::Disconnect)),
        // `{type: 2, data: ["a", 1], options: {compress: true}, id: 0, nsp: "/"}`
        (
            "85a47479706502a46461746192a16101a76f7074696f6e7381a8636f6d7072657373c3a2696400a36e7370a12f",
            packet("/", PacketKind::Event(payload("92a16101"), Some(0))),
        ),
        // The same with `["a", undefined, null]` and `id: undefined`.
        (
            "85a47479706502a46461746193a161d40000c0a76f7074696f6e7381a8636f6d7072657373c3a26964d40000a36e7370a12f",
            packet("/", PacketKind::Event(payload("93a161d40000c0"), None)),
        ),
        // `{type: 3, data: [true], nsp: "/", id: 7}`
        (
            "84a47479706503a46461746191c3a36e7370a12fa2696407",
            packet("/", PacketKind::Ack(payload("91c3"), 7)),
        ),
        // `{type: 4, data: {message: "no", data: {code: "E", retry: 10}}, nsp: "/x"}`
        (
            "83a47479706504a46461746182a76d657373616765a26e6fa46461746182a4636f6465a145a572657472790aa36e7370a22f78",
            packet(
                "/x",
                PacketKind::ConnectError(Some(payload(
                    "82a76d657373616765a26e6fa46461746182a4636f6465a145a572657472790a",
                ))),
            ),
        ),
    ] {
        assert_eq!(read(hex), Ok(expected), "{hex}");
    }
}

#[test]
fn a_payload_is_a_slice_of_its_message() {
    let message = bytes("83a47479706502a46461746191a16136a36e7370a12f");
    // One byte too many behind the packet.
    assert_eq!(decoder().binary(message), Err(PacketError::NotMessagePack));
    let message = bytes("83a47479706502a46461746191a161a36e7370a12f");
    let range = message.as_ptr_range();
    let Packet { kind: PacketKind::Event(Payload { body: Body::MsgPack(body), .. }, None), .. } =
        decoder().binary(message.clone()).unwrap().unwrap()
    else {
        panic!("an event")
    };
    assert!(range.contains(&body.as_ptr()));
}

#[test]
fn what_is_no_packet_is_an_error() {
    for (hex, error) in [
        ("", PacketError::NotMessagePack),
        ("c0", PacketError::NotMessagePack),
        ("93020304", PacketError::NotMessagePack),
        ("c1", PacketError::NotMessagePack),
        // A map that is cut off, one that announces 4 billion entries, one with an array for a key.
        ("83a47479706502", PacketError::NotMessagePack),
        ("dfffffffffa47479706502", PacketError::NotMessagePack),
        ("819001", PacketError::NotMessagePack),
        // Data that announces more than there is: an array, a map, a text, bytes, nested.
        ("83a47479706502a464617461ddffffffffa161a36e7370a12f", PacketError::NotMessagePack),
        ("83a47479706502a464617461dfffffffffa161a36e7370a12f", PacketError::NotMessagePack),
        ("83a47479706502a464617461dbffffffffa161a36e7370a12f", PacketError::NotMessagePack),
        ("83a47479706502a464617461c6ffffffffa161a36e7370a12f", PacketError::NotMessagePack),
        ("83a47479706502a46461746192a16192a36e7370a12f", PacketError::NotMessagePack),
        // No type, types beyond those of the parser.
        ("81a36e7370a12f", PacketError::UnknownType),
        ("82a474797065a132a36e7370a12f", PacketError::UnknownType),
        ("83a47479706505a46461746190a36e7370a12f", PacketError::UnknownType),
        ("83a474797065ffa46461746190a36e7370a12f", PacketError::UnknownType),
        // No namespace, or one that is no text.
        ("82a47479706502a46461746191a161", PacketError::Namespace),
        ("83a47479706502a46461746191a161a36e737007", PacketError::Namespace),
        ("83a47479706502a46461746191a161a36e7370a1ff", PacketError::Namespace),
        // `CONNECT` with a list or a text, `DISCONNECT` with data.
        ("83a47479706500a46461746190a36e7370a12f", PacketError::NotAnObject),
        ("83a47479706500a464617461a161a36e7370a12f", PacketError::NotAnObject),
        ("83a47479706501a46461746190a36e7370a12f", PacketError::UnexpectedPayload),
        // Events and answers without data, or with an object; answers without id; ids that are none.
        ("82a47479706502a36e7370a12f", PacketError::MissingPayload),
        ("83a47479706502a464617461c0a36e7370a12f", PacketError::MissingPayload),
        ("83a47479706502a46461746180a36e7370a12f", PacketError::NotAnArray),
        ("83a47479706503a46461746180a36e7370a12f", PacketError::NotAnArray),
        ("83a47479706503a46461746190a36e7370a12f", PacketError::MissingAckId),
        ("84a47479706503a46461746190a36e7370a12fa26964ff", PacketError::AckId),
        ("84a47479706503a46461746190a36e7370a12fa26964a131", PacketError::AckId),
        // Events without a name, with an object for one, and with a reserved one.
        ("83a47479706502a46461746190a36e7370a12f", PacketError::EventName),
        ("83a47479706502a4646174619180a36e7370a12f", PacketError::EventName),
        ("83a47479706502a46461746191a7636f6e6e656374a36e7370a12f", PacketError::ReservedEvent),
    ] {
        assert_eq!(read(hex), Err(error), "{hex}");
    }
    assert_eq!(decoder().text("2[\"a\"]".into()), Err(PacketError::UnexpectedText));
    let limits = DecoderLimits { max_bytes: 18, ..DecoderLimits::default() };
    let message = bytes("82a47479706501a36e7370a62f61646d696e");
    assert_eq!(message.len(), 18);
    assert!(Decoder::of(Parser::MessagePack, limits).binary(message.clone()).is_ok());
    let limits = DecoderLimits { max_bytes: 17, ..limits };
    assert_eq!(Decoder::of(Parser::MessagePack, limits).binary(message), Err(PacketError::TooLong));
}

#[test]
fn names_may_be_numbers_and_need_not_be_utf_8() {
    for (array, expected, arguments) in [
        ("91a0", "", 0),
        ("92a16101", "a", 1),
        ("9107", "7", 0),
        ("91fd", "-3", 0),
        ("91cb3ff8000000000000", "1.5", 0),
        ("91a2ff61", "\u{fffd}a", 0),
    ] {
        let data = bytes(array);
        let (found, (left, _)) = name(&data).unwrap();
        assert_eq!((&*found, left), (expected, arguments), "{array}");
    }
}

#[test]
fn any_depth_is_passed_over() {
    let deep = [vec![0x91; 400_000], vec![0xc0]].concat();
    let mut tokens = Tokens::new(&deep);
    assert_eq!(tokens.skip(), Some(()));
    assert!(tokens.rest.is_empty());
    assert_eq!(Tokens::new(&deep[..400_000]).skip(), None);
}

fn body(encoded: &crate::protocol::frame::Encoded) -> Bytes {
    assert!(encoded.attachments.is_none());
    match &encoded.head {
        Frame::Binary(data) => data.clone(),
        Frame::Text { .. } => panic!("a binary message"),
    }
}

fn behind_room(data: &[u8]) -> Vec<u8> {
    [&[0; RESERVE], data].concat()
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        head in prop::sample::select(vec![Head::Event, Head::Ack]),
        namespace in "/[a-z0-9é]{0,40}", id: Option<u64>, count in prop_oneof![1usize..20, 65_530usize..65_540],
    ) {
        let id = if head == Head::Ack { id.or(Some(3)) } else { id };
        let written = body(&finish(behind_room(&vec![0x07; count]), head, Data::Elements(count), &namespace, id));
        let found = decoder().binary(written).unwrap().unwrap();
        prop_assert_eq!(&*found.namespace, &namespace);
        let (payload, found_id) = match found.kind {
            PacketKind::Event(payload, id) => (payload, id),
            PacketKind::Ack(payload, id) => (payload, Some(id)),
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(found_id, id);
        let Body::MsgPack(data) = payload.body else { panic!("messagepack") };
        let (elements, tokens) = elements(&data).unwrap();
        prop_assert_eq!((elements, tokens.rest.len()), (count, count));
    }

    #[test]
    fn no_message_is_too_strange(
        front in prop::sample::select(vec!["", "83a47479706502a464617461", "83a36e7370a12fa47479706502a464617461", "84a26964"]),
        noise in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(vec![0x91u8, 0x81, 0xa1, 0xdd, 0xdf, 0xc9, 0xd7])], 0..64),
    ) {
        let message = Bytes::from([bytes(front).to_vec(), noise].concat());
        if let Ok(Some(packet)) = decoder().binary(message)
            && let PacketKind::Event(Payload { body: Body::MsgPack(data), .. }, _) = packet.kind
        {
            let (name, _) = name(&data).unwrap();
            prop_assert!(!RESERVED_EVENTS.contains(&&*name));
        }
    }
}
