//! The rules of the parser one by one, and the parser and the encoder against each other.

use bytes::Bytes;
use bytestring::ByteString;
use proptest::{prelude::*, sample::Index};

use super::{
    PacketError,
    decoder::{Decoder, DecoderLimits},
    encoder::{self, Head, HeadError},
    packet::{Body, Packet, PacketKind, Payload, RESERVED_EVENTS},
};
use crate::protocol::frame::{Encoded, Frame};

fn decoder() -> Decoder {
    Decoder::new(DecoderLimits::default())
}

/// The packet of one text message.
fn read(text: &str) -> Result<Packet, PacketError> {
    decoder().text(text.into()).map(|packet| packet.expect("no attachments"))
}

fn error(text: &str) -> PacketError {
    read(text).expect_err(text)
}

fn json(body: &str) -> Payload {
    Payload { body: Body::Json(body.into()), attachments: Vec::new() }
}

fn packet(namespace: &str, kind: PacketKind) -> Result<Packet, PacketError> {
    Ok(Packet { namespace: namespace.into(), kind })
}

#[test]
fn every_type_of_packet_is_read() {
    assert_eq!(read("0"), packet("/", PacketKind::Connect(None)));
    assert_eq!(read(r#"0{"sid":"a"}"#), packet("/", PacketKind::Connect(Some(json(r#"{"sid":"a"}"#)))));
    assert_eq!(read("0/admin,{}"), packet("/admin", PacketKind::Connect(Some(json("{}")))));
    assert_eq!(read("1"), packet("/", PacketKind::Disconnect));
    assert_eq!(read("1/admin,"), packet("/admin", PacketKind::Disconnect));
    assert_eq!(read(r#"2["a"]"#), packet("/", PacketKind::Event(json(r#"["a"]"#), None)));
    assert_eq!(
        read(r#"2/admin,12["a",1]"#),
        packet("/admin", PacketKind::Event(json(r#"["a",1]"#), Some(12)))
    );
    assert_eq!(read("30[]"), packet("/", PacketKind::Ack(json("[]"), 0)));
    assert_eq!(read("3/admin,7[1,2]"), packet("/admin", PacketKind::Ack(json("[1,2]"), 7)));
    let refusal = r#"{"message":"no"}"#;
    let expected = packet("/x", PacketKind::ConnectError(Some(json(refusal))));
    assert_eq!(read(&format!("4/x,{refusal}")), expected);
}

#[test]
fn a_namespace_is_literal_and_may_lack_its_comma() {
    assert_eq!(read("0/custom"), packet("/custom", PacketKind::Connect(None)));
    assert_eq!(read("1/custom"), packet("/custom", PacketKind::Disconnect));
    assert_eq!(read("0/nope?x=1,"), packet("/nope?x=1", PacketKind::Connect(None)));
    assert_eq!(read("0/,{}"), packet("/", PacketKind::Connect(Some(json("{}")))));
    assert_eq!(read("0/é,{}").map(|packet| packet.namespace), Ok("/é".into()));
}

#[test]
fn space_around_a_payload_is_no_part_of_it() {
    assert_eq!(read("2 [ \"a\" ]\n"), packet("/", PacketKind::Event(json("[ \"a\" ]"), None)));
    assert_eq!(read("0/a, {} "), packet("/a", PacketKind::Connect(Some(json("{}")))));
}

#[test]
fn what_is_no_packet_is_refused() {
    for text in ["", "7", "9[]", "a", " 2[\"a\"]", "é", "-1"] {
        assert_eq!(error(text), PacketError::UnknownType, "{text}");
    }
    for text in ["0[]", "0\"a\"", "01", "0 1", "0null", "0{", "0}", "0/a,[]", "4\"no\"", "4[]", "07{}"] {
        assert_eq!(error(text), PacketError::NotAnObject, "{text}");
    }
    for text in ["1{}", "1[]", "11", "1 ", "1/a,0", "1null"] {
        assert_eq!(error(text), PacketError::UnexpectedPayload, "{text}");
    }
    for text in ["2", "2/a", "2/a,", "21", "2/a,1", "31", "2 ", "0 "] {
        assert_eq!(error(text), PacketError::MissingPayload, "{text}");
    }
    for text in [
        "2{}",
        "2\"a\"",
        "2[",
        "2]",
        "2[\"a\"",
        "2\"a\"]",
        "2null",
        "31{}",
        "31[",
        "2-1[\"a\"]",
        "2+1[\"a\"]",
    ] {
        assert_eq!(error(text), PacketError::NotAnArray, "{text}");
    }
    for text in ["3[]", "3", "3/a,[]", "3-1[]", "3 1[]"] {
        assert_eq!(error(text), PacketError::MissingAckId, "{text}");
    }
}

#[test]
fn an_ack_id_has_at_most_64_bits_and_no_spaces() {
    let id = |text| read(text).map(|packet| packet.kind);
    assert_eq!(id("318446744073709551615[]"), Ok(PacketKind::Ack(json("[]"), u64::MAX)));
    assert_eq!(error("318446744073709551616[]"), PacketError::AckId);
    assert_eq!(error(&format!("2{}[\"a\"]", "9".repeat(1000))), PacketError::AckId);
    assert_eq!(error("21 2[\"a\"]"), PacketError::NotAnArray);
    assert_eq!(error("2 1[\"a\"]"), PacketError::NotAnArray);
}

#[test]
fn an_event_has_a_name() {
    for text in [
        "2[]",
        "2[ ]",
        "2[null]",
        "2[true,1]",
        "2[{}]",
        "2[[]]",
        "2[,\"a\"]",
        "2[\"a]",
        "2[-]",
        "2[01]",
        "2[1x]",
        "2[é]",
    ] {
        assert_eq!(error(text), PacketError::EventName, "{text}");
    }
    for text in
        ["2[\"\u{1}\"]", r#"2["\x"]"#, r#"2["\u12"]"#, r#"2["\u+123"]"#, r#"2["\"]"#, "2[\"\\n\u{1}\"]"]
    {
        assert_eq!(error(text), PacketError::EventName, "{text}");
    }
    for text in [r#"2["a",]"#, r#"2["a", ]"#, r#"2["a"1]"#, r#"2["a"]]"#, r#"2["a":1]"#, r#"2["a""b"]"#] {
        assert_eq!(error(text), PacketError::NotAnArray, "{text}");
    }
}

#[test]
fn a_reserved_name_is_refused_however_it_is_written() {
    for name in RESERVED_EVENTS {
        assert_eq!(error(&format!("2[\"{name}\"]")), PacketError::ReservedEvent);
        assert_eq!(error(&format!("2[ \"{name}\" , 1]")), PacketError::ReservedEvent);
        assert_eq!(decoder().text(format!("51-[\"{name}\"]").into()), Err(PacketError::ReservedEvent));
    }
    assert_eq!(error(r#"2["\u0063onnect"]"#), PacketError::ReservedEvent);
    // These are the server's words, not the protocol's.
    for text in
        [r#"2["error"]"#, r#"2["connection"]"#, r#"2["Connect"]"#, r#"2["a","connect"]"#, r#"31["connect"]"#]
    {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn names_are_unescaped_and_arguments_left_alone() {
    for (body, name, arguments) in [
        (r#"["a"]"#, "a", ""),
        (r#"[ "a" ]"#, "a", ""),
        (r#"["",1]"#, "", "1"),
        (r#"["a",1,[2],"]"]"#, "a", r#"1,[2],"]""#),
        (r#"["a" , {"b":1} ]"#, "a", r#" {"b":1} "#),
        (r#"["a",not json]"#, "a", "not json"),
        (r#"["\"\\\/\b\f\n\r\té\u00e9",1]"#, "\"\\/\u{8}\u{c}\n\r\téé", "1"),
        (r#"["\ud83c\udf89!"]"#, "🎉!", ""),
        (r#"["\ud83c"]"#, "\u{fffd}", ""),
        (r#"["\udf89\ud83c",1]"#, "\u{fffd}\u{fffd}", "1"),
        (r#"["\udf89\udf89"]"#, "\u{fffd}\u{fffd}", ""),
        (r#"["\ud83c\n"]"#, "\u{fffd}\n", ""),
        (r#"["\ud83c\u0041"]"#, "\u{fffd}A", ""),
        (r#"["\u0000"]"#, "\0", ""),
        ("[7]", "7", ""),
        ("[-1.5e3,true]", "-1.5e3", "true"),
        ("[ 12 , 1]", "12", " 1"),
    ] {
        let Ok(Packet { kind: PacketKind::Event(payload, None), .. }) = read(&format!("2{body}")) else {
            panic!("{body}: {:?}", read(&format!("2{body}")))
        };
        let (found, rest) = payload.event_name().unwrap();
        assert_eq!((&*found, rest), (name, arguments), "{body}");
    }
}

#[test]
fn the_arguments_of_an_ack_stand_between_its_brackets() {
    let Ok(Packet { kind: PacketKind::Ack(payload, 1), .. }) = read(r#"31 [1,{"a":[]}] "#) else {
        panic!("an ack")
    };
    assert_eq!(payload.ack_args(), r#"1,{"a":[]}"#);
    assert_eq!(json("[]").ack_args(), "");
    assert_eq!(json("{}").ack_args(), "");
}

#[test]
fn attachments_come_after_their_packet() {
    let mut decoder = decoder();
    assert_eq!(decoder.text(r#"52-/a,7["up",{"_placeholder":true,"num":0}]"#.into()), Ok(None));
    assert!(decoder.is_pending());
    assert_eq!(decoder.binary("one".into()), Ok(None));
    let attachments = vec![Bytes::from("one"), Bytes::new()];
    let payload = Payload { attachments, ..json(r#"["up",{"_placeholder":true,"num":0}]"#) };
    assert_eq!(
        decoder.binary(Bytes::new()).map(Option::unwrap),
        packet("/a", PacketKind::Event(payload, Some(7)))
    );
    assert!(!decoder.is_pending());
    assert_eq!(decoder.text("61-5[]".into()), Ok(None));
    let payload = Payload { attachments: vec!["x".into()], ..json("[]") };
    assert_eq!(decoder.binary("x".into()).map(Option::unwrap), packet("/", PacketKind::Ack(payload, 5)));
}

#[test]
fn there_are_one_to_ten_attachments() {
    for count in ["", "0", "00", "11", "-1", "+1", " 1", "1.0", "99999999999999999999", "1e0"] {
        let text = format!("5{count}-[\"a\"]");
        assert_eq!(decoder().text(text.as_str().into()), Err(PacketError::AttachmentCount), "{text}");
    }
    for text in ["5[\"a\"]", "51[\"a\"]", "51", "5", "61/a,1[]"] {
        assert_eq!(decoder().text(text.into()), Err(PacketError::AttachmentCount), "{text}");
    }
    assert_eq!(decoder().text("510-[\"a\"]".into()), Ok(None));
    let limits = DecoderLimits { max_attachments: 2, ..Default::default() };
    assert_eq!(Decoder::new(limits).text("52-[\"a\"]".into()), Ok(None));
    assert_eq!(Decoder::new(limits).text("53-[\"a\"]".into()), Err(PacketError::AttachmentCount));
}

#[test]
fn attachments_and_texts_do_not_mix() {
    assert_eq!(decoder().binary("x".into()), Err(PacketError::UnexpectedBinary));
    let mut decoder = decoder();
    assert_eq!(decoder.text("51-[\"a\"]".into()), Ok(None));
    assert_eq!(decoder.text("2[\"a\"]".into()), Err(PacketError::AttachmentsOutstanding));
    // The packet is gone.
    assert_eq!(decoder.binary("x".into()), Err(PacketError::UnexpectedBinary));
}

#[test]
fn a_packet_is_bounded_with_all_its_attachments() {
    let limits = DecoderLimits { max_bytes: 20, ..Default::default() };
    let mut decoder = Decoder::new(limits);
    assert_eq!(decoder.text(format!("2[\"{}\"]", "a".repeat(16)).into()), Err(PacketError::TooLong));
    assert!(decoder.text(format!("2[\"{}\"]", "a".repeat(15)).into()).is_ok());
    for (last, expected) in [(1, true), (2, false)] {
        // Eight bytes of text.
        assert_eq!(decoder.text("53-[\"a\"]".into()), Ok(None));
        assert_eq!(decoder.binary(vec![0; 5].into()), Ok(None));
        assert_eq!(decoder.binary(vec![0; 6].into()), Ok(None));
        assert_eq!(decoder.binary(vec![0; last].into()).is_ok(), expected);
    }
    assert!(!decoder.is_pending());
}

#[test]
fn a_packet_is_a_slice_of_its_message() {
    let text = ByteString::from(String::from(r#"2/admin,1["a","b"]"#));
    let range = text.as_bytes().as_ptr_range();
    let Packet { namespace, kind } = decoder().text(text).unwrap().unwrap();
    let PacketKind::Event(Payload { body: Body::Json(body), .. }, _) = kind else { panic!("an event") };
    assert!(range.contains(&namespace.as_bytes().as_ptr()));
    assert!(range.contains(&body.as_bytes().as_ptr()));
}

fn text(encoded: &Encoded) -> &str {
    let packet = encoded.head.packet_text().expect("a text");
    std::str::from_utf8(packet).unwrap().strip_prefix('4').expect("a message")
}

#[test]
fn heads_are_what_javascript_writes() {
    for (head, namespace, id, body, expected) in [
        (Head::Connect, "/", None, r#"{"sid":"a"}"#, r#"0{"sid":"a"}"#),
        (Head::Connect, "/admin", None, "", "0/admin,"),
        (Head::Disconnect, "/", None, "", "1"),
        (Head::Disconnect, "/admin", None, "", "1/admin,"),
        (Head::Event, "/", None, r#"["a"]"#, r#"2["a"]"#),
        (Head::Event, "/admin", Some(0), r#"["a"]"#, r#"2/admin,0["a"]"#),
        (Head::Ack, "/", Some(u64::MAX), "[]", "318446744073709551615[]"),
        (Head::ConnectError, "/x", None, "{}", "4/x,{}"),
    ] {
        assert_eq!(text(&encoder::packet(head, namespace, id, body)), expected);
    }
}

fn finish(head: Head, body: &str, attachments: usize) -> Result<Encoded, HeadError> {
    let start = encoder::reserve("/a");
    let mut buf = [vec![0; start], body.into()].concat();
    encoder::finish(&mut buf, start, head, "/a", Some(u64::MAX), vec![Bytes::from("x"); attachments])
}

#[test]
fn events_and_acks_with_attachments_are_binary_ones() {
    let encoded = finish(Head::Event, r#"["a"]"#, 10).unwrap();
    assert_eq!(text(&encoded), r#"510-/a,18446744073709551615["a"]"#);
    assert_eq!(encoded.frames().count(), 11);
    assert_eq!(text(&finish(Head::Ack, "[]", 1).unwrap()), "61-/a,18446744073709551615[]");
}

#[test]
fn more_attachments_than_clients_take_are_an_error() {
    assert_eq!(finish(Head::Event, "[]", 11).unwrap_err(), HeadError::TooManyAttachments(11));
    assert_eq!(finish(Head::Connect, "{}", 1).unwrap_err(), HeadError::NoAttachments);
}

#[test]
fn reserve_is_enough_and_a_long_body_is_not_copied() {
    let start = encoder::reserve("/a");
    let body = format!("[\"{}\"]", "a".repeat(200_000));
    let mut buf = vec![0; start];
    buf.extend_from_slice(body.as_bytes());
    let at = buf[start..].as_ptr();
    let attachments = vec![Bytes::new(); 10];
    let encoded = encoder::finish(&mut buf, start, Head::Event, "/a", Some(u64::MAX), attachments).unwrap();
    let Frame::Text { frame, .. } = encoded.head else { panic!("a text") };
    assert!(frame.as_ptr_range().contains(&at));
}

/// Messages as a transport gives them.
#[derive(Clone, Debug)]
enum Message {
    Text(String),
    Binary(Vec<u8>),
}

fn feed(decoder: &mut Decoder, message: Message) -> Result<Option<Packet>, PacketError> {
    match message {
        Message::Text(text) => decoder.text(text.into()),
        Message::Binary(data) => decoder.binary(data.into()),
    }
}

/// Packets, with the head and the id to write them with.
fn sent() -> impl Strategy<Value = (Head, Packet)> {
    let namespace = prop_oneof![Just("/".to_owned()), "/[a-z0-9é?=/-]{1,8}"];
    let name = ".{0,6}".prop_filter("reserved", |name| !RESERVED_EVENTS.contains(&name.as_str()));
    let arguments = prop::collection::vec(
        prop_oneof![any::<i64>().prop_map(serde_json::Value::from), ".*".prop_map(serde_json::Value::from)],
        0..4,
    );
    let attachments = prop::collection::vec(any::<Vec<u8>>().prop_map(Bytes::from), 0..=10);
    let object = prop::option::of(prop::collection::btree_map(".{0,3}", ".{0,5}", 0..3));
    (namespace, 0..5, name, arguments, attachments, any::<u64>(), any::<bool>(), object).prop_map(
        |(namespace, kind, name, arguments, attachments, id, with_id, object)| {
            let object = object.map(|object| json(&serde_json::to_string(&object).unwrap()));
            let mut array = arguments;
            let (head, kind) = match kind {
                0 => (Head::Connect, PacketKind::Connect(object)),
                1 => (Head::Disconnect, PacketKind::Disconnect),
                2 => {
                    array.insert(0, name.into());
                    let payload = Payload { attachments, ..json(&serde_json::to_string(&array).unwrap()) };
                    (Head::Event, PacketKind::Event(payload, with_id.then_some(id)))
                }
                3 => {
                    let payload = Payload { attachments, ..json(&serde_json::to_string(&array).unwrap()) };
                    (Head::Ack, PacketKind::Ack(payload, id))
                }
                _ => (Head::ConnectError, PacketKind::ConnectError(object)),
            };
            (head, Packet { namespace: namespace.into(), kind })
        },
    )
}

fn encode(head: Head, packet: &Packet) -> Encoded {
    let (payload, id) = match &packet.kind {
        PacketKind::Connect(payload) | PacketKind::ConnectError(payload) => (payload.as_ref(), None),
        PacketKind::Disconnect => (None, None),
        PacketKind::Event(payload, id) => (Some(payload), *id),
        PacketKind::Ack(payload, id) => (Some(payload), Some(*id)),
    };
    let (body, attachments) = match payload {
        Some(Payload { body: Body::Json(body), attachments }) => (&**body, attachments.clone()),
        _ => ("", Vec::new()),
    };
    let start = encoder::reserve(&packet.namespace);
    let mut buf = [vec![0; start], body.into()].concat();
    encoder::finish(&mut buf, start, head, &packet.namespace, id, attachments).unwrap()
}

fn noise() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "10-",
        "1-",
        "-",
        "/",
        "/a",
        ",",
        "12",
        "[",
        "]",
        "{",
        "}",
        "\"a\"",
        "\"",
        "\\u",
        "\\",
        "d800",
        "[\"a\",",
        " ",
        "é",
        "\"connect\"",
    ]);
    prop_oneof![".*", prop::collection::vec(token, 0..10).prop_map(|tokens| tokens.concat())]
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(packets in prop::collection::vec(sent(), 0..6)) {
        let mut decoder = decoder();
        let mut decoded = Vec::new();
        for (head, packet) in &packets {
            let encoded = encode(*head, packet);
            for frame in encoded.frames() {
                decoded.extend(match &frame {
                    Frame::Text { .. } => decoder.text(text(&encoded).into()).unwrap(),
                    Frame::Binary(data) => decoder.binary(data.clone()).unwrap(),
                });
            }
            prop_assert!(!decoder.is_pending());
        }
        let packets: Vec<_> = packets.into_iter().map(|(_, packet)| packet).collect();
        prop_assert_eq!(decoded, packets);
    }

    #[test]
    fn the_name_of_an_event_is_what_serde_json_reads(name in ".*", ascii: bool, arguments in prop::collection::vec(".*", 0..3)) {
        let mut quoted = serde_json::to_string(&name).unwrap();
        if ascii {
            // As Python writes it.
            quoted = quoted.encode_utf16().map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            }).collect();
        }
        let rest = serde_json::to_string(&arguments).unwrap();
        let rest = &rest[1..rest.len() - 1];
        let payload = json(&format!("[{quoted}{}{rest}]", if rest.is_empty() { "" } else { "," }));
        let (found, arguments) = payload.event_name().unwrap();
        prop_assert_eq!((&*found, arguments), (name.as_str(), rest));
    }

    #[test]
    fn no_message_is_too_strange(
        messages in prop::collection::vec(
            prop_oneof![3 => noise().prop_map(Message::Text), 1 => any::<Vec<u8>>().prop_map(Message::Binary)], 0..12,
        ),
    ) {
        let mut decoder = decoder();
        for message in messages {
            let Ok(Some(packet)) = feed(&mut decoder, message) else { continue };
            if let PacketKind::Event(payload, _) = &packet.kind {
                let (name, _) = payload.event_name().unwrap();
                prop_assert!(!RESERVED_EVENTS.contains(&&*name));
            }
            if let PacketKind::Ack(payload, _) = &packet.kind {
                prop_assert!(payload.ack_args().len() < payload.size());
            }
        }
    }

    #[test]
    fn a_lost_frame_makes_no_packet_up(
        packets in prop::collection::vec(sent(), 1..5), cut: Index,
    ) {
        let mut frames: Vec<Message> = Vec::new();
        for (head, packet) in &packets {
            let encoded = encode(*head, packet);
            frames.push(Message::Text(text(&encoded).into()));
            frames.extend(encoded.attachments.iter().flat_map(|all| all.iter()).map(|data| Message::Binary(data.to_vec())));
        }
        frames.remove(cut.index(frames.len()));
        let mut decoder = decoder();
        let mut left = packets.into_iter().map(|(_, packet)| packet);
        for frame in frames {
            match feed(&mut decoder, frame) {
                Ok(None) => {}
                Ok(Some(packet)) => {
                    prop_assert!(left.any(|sent| sent == packet), "{:?}", packet);
                }
                Err(PacketError::AttachmentsOutstanding | PacketError::UnexpectedBinary) => break,
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }
}
