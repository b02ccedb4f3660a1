//! Events in MessagePack, byte by byte. The expected packets were written by npm's socket.io-msgpack-parser 3.0.2 from the same values.

use super::*;
use crate::{
    event::{AllArgs, Events, Fallible, ReplyTo, Value},
    protocol::{
        frame::Frame,
        socket_io::{
            decoder::{Decoder, DecoderLimits},
            packet::{Packet, PacketKind},
        },
    },
};

fn writer(namespace: &str) -> PacketWriter {
    PacketWriter::new(Arc::from(namespace), Parser::MessagePack)
}

fn message(encoded: &Encoded) -> Bytes {
    assert!(encoded.attachments.is_none());
    match &encoded.head {
        Frame::Binary(data) => data.clone(),
        Frame::Text { .. } => panic!("a text"),
    }
}

fn hex(encoded: &Encoded) -> String {
    message(encoded).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn packet(encoded: &Encoded) -> Packet {
    let mut decoder = Decoder::of(Parser::MessagePack, DecoderLimits::default());
    decoder.binary(message(encoded)).unwrap().unwrap()
}

fn event(namespace: &str, event: &Push, id: Option<u64>) -> String {
    let encoded = writer(namespace).event(event.name(), id, &|args| event.encode(args)).unwrap();
    let Packet { namespace: found, kind: PacketKind::Event(payload, found_id) } = packet(&encoded) else {
        panic!("an event")
    };
    assert_eq!((&*found, found_id), (namespace, id));
    let (name, mut args) = ArgReader::event(&payload).unwrap();
    assert_eq!(Push::decode(&name, &mut args).unwrap().as_ref(), Some(event));
    hex(&encoded)
}

#[test]
fn every_shape_of_variant_is_written_as_javascript_writes_it() {
    let message = Push::Message(Message { from: 70_000, text: "hi".into() });
    let upload = Push::Upload { name: "n".into(), data: Bytes::from_static(&[1, 2, 3]) };
    for (hex, namespace, value, id) in [
        ("83a47479706502a46461746191a6747970696e67a36e7370a12f", "/", Push::Typing, None),
        (
            "83a47479706502a46461746193a4706f7374a161a2c3a9a36e7370a52f63686174",
            "/chat",
            Push::Post("a".into(), "é".into()),
            None,
        ),
        (
            "83a47479706502a46461746192ac63686174206d65737361676582a466726f6dce00011170a474657874a26869a36e7370a12f",
            "/",
            message,
            None,
        ),
        (
            "83a47479706502a46461746195ad776569726420226e616d65220ac0cb3ff8000000000000fdc3a36e7370a12f",
            "/",
            Push::Weird(None, 1.5, -3, true),
            None,
        ),
        ("83a47479706502a46461746193a675706c6f6164a16ec403010203a36e7370a12f", "/", upload, None),
        (
            "84a47479706502a46461746191aa7374696c6c5468657265a36e7370a12fa26964cd012c",
            "/",
            Push::StillThere,
            Some(300),
        ),
    ] {
        assert_eq!(event(namespace, &value, id), hex);
    }
}

#[test]
fn packets_of_a_namespace_are_written_as_javascript_writes_them() {
    #[derive(Serialize)]
    struct Sid {
        sid: &'static str,
    }
    #[derive(Serialize)]
    struct Hint {
        code: &'static str,
        retry: u8,
    }
    let (root, chat) = (writer("/"), writer("/admin"));
    let connect = root.connect(Some(&Sid { sid: "abc" })).unwrap();
    assert_eq!(hex(&connect), "83a47479706500a46461746181a3736964a3616263a36e7370a12f");
    assert_eq!(packet(&chat.connect::<()>(None).unwrap()).kind, PacketKind::Connect(None));
    assert_eq!(hex(&chat.disconnect().unwrap()), "82a47479706501a36e7370a62f61646d696e");
    let expected = "83a47479706504a46461746182a76d657373616765a26e6fa46461746182a4636f6465a145a572657472790aa36e7370a22f78";
    let hint = Hint { code: "E", retry: 10 };
    assert_eq!(hex(&writer("/x").connect_error("no", Some(&hint)).unwrap()), expected);
    // As the server has it, which keeps JSON.
    let hint = serde_json::value::to_raw_value(&hint).unwrap();
    assert_eq!(hex(&writer("/x").connect_error("no", Some(&*hint)).unwrap()), expected);
}

#[test]
fn answers_are_written_as_javascript_writes_them_and_read() {
    let reply = |id| ReplyTo::new(writer("/"), Some(id));
    let encoded = reply(7).value(&true).0.unwrap();
    assert_eq!(hex(&encoded), "84a47479706503a46461746191c3a36e7370a12fa2696407");
    assert_eq!(hex(&reply(0).none().0.unwrap()), "84a47479706503a46461746190a36e7370a12fa2696400");
    let answer = |reply: crate::event::Reply| match packet(&reply.0.unwrap()).kind {
        PacketKind::Ack(payload, 7) => payload,
        other => panic!("{other:?}"),
    };
    let data = Bytes::from_static(b"x");
    let refused = answer(reply(7).result(&Err::<Bytes, _>(PostError::TooLong { max: 3 })));
    let decoded = Fallible::<Bytes, PostError>::decode(&mut ArgReader::ack(&refused)).unwrap();
    assert_eq!(decoded, Err(PostError::TooLong { max: 3 }));
    let done = answer(reply(7).result(&Ok::<_, PostError>(data.clone())));
    let decoded = Fallible::<Bytes, PostError>::decode(&mut ArgReader::ack(&done)).unwrap();
    assert_eq!(decoded, Ok(data));
    let many: Vec<Value> = (0..20).map(Value::from).collect();
    let all = answer(reply(7).args(&many));
    assert_eq!(AllArgs::decode(&mut ArgReader::ack(&all)).unwrap(), Ok(many));
}

#[test]
fn missing_extra_and_wrong_arguments_are_what_they_are_in_json() {
    let decode = |args: &[Value], name: &str| {
        let name = EventName { plain: name, json: None };
        let encoded =
            writer("/").event(name, None, &|writer| args.iter().for_each(|arg| writer.arg(arg))).unwrap();
        let PacketKind::Event(payload, _) = packet(&encoded).kind else { panic!("an event") };
        let (name, mut args) = ArgReader::event(&payload).unwrap();
        Push::decode(&name, &mut args).map_err(|error| error.to_string())
    };
    let text = Value::from("a");
    assert_eq!(decode(&[], "nothing"), Ok(None));
    assert_eq!(decode(std::slice::from_ref(&text), "typing"), Ok(Some(Push::Typing)));
    assert_eq!(
        decode(std::slice::from_ref(&text), "post"),
        Err("argument 2 `arg1` of `post`: missing argument".to_owned())
    );
    assert_eq!(
        decode(&[text.clone(), Value::from(1)], "post"),
        Err("argument 2 `arg1` of `post`: invalid type: integer `1`, expected a string".to_owned())
    );
    assert_eq!(
        decode(&[text.clone(), Value::Binary(Bytes::from_static(b"x"))], "post"),
        Ok(Some(Push::Post("a".into(), "x".into())))
    );
    let reserved = EventName { plain: "disconnect", json: None };
    assert!(writer("/").event(reserved, None, &|_| {}).is_err());
}
