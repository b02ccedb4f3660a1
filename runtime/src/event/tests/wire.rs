//! What goes over the wire, byte by byte. The expected texts were written by npm's socket.io-parser 4.2 from the same values.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::event::{
    AllArgs, DecodeErrorKind, Emits, EncodeError, Events, Fallible, Object, Plain, ReplyTo, Untyped, Value,
};

fn event(namespace: &str, event: &Push, id: Option<u64>) -> (String, Vec<Bytes>) {
    let encoded = writer(namespace).event(event.name(), id, &|args| event.encode(args)).unwrap();
    assert_eq!(decode(&payload_of(&encoded)), Ok(Some(clone(event))));
    wire(&encoded)
}

fn clone(event: &Push) -> Push {
    match event {
        Push::Typing => Push::Typing,
        Push::Post(a, b) => Push::Post(a.clone(), b.clone()),
        Push::Message(message) => Push::Message(message.clone()),
        Push::Weird(a, b, c, d) => Push::Weird(*a, *b, *c, *d),
        Push::Upload { name, data } => Push::Upload { name: name.clone(), data: data.clone() },
        Push::StillThere => Push::StillThere,
        Push::Check(list) => Push::Check(list.clone()),
    }
}

fn decode(payload: &Payload) -> Result<Option<Push>, String> {
    let (name, mut args) = ArgReader::event(payload).map_err(|error| error.to_string())?;
    Push::decode(&name, &mut args).map_err(|error| error.to_string())
}

fn decode_json(json: &str) -> Result<Option<Push>, String> {
    decode(&payload(json, &[]))
}

#[test]
fn every_shape_of_variant_is_written_as_javascript_writes_it() {
    let post = Push::Post("lobby".into(), "hé \"q\" \\ / \u{2028} \u{1}\u{7f} 😀".into());
    let message = Push::Message(Message { from: 7, text: "hi".into() });
    for (text, namespace, value, id) in [
        (r#"2["typing"]"#, "/", Push::Typing, None),
        (r#"2/chat,["typing"]"#, "/chat", Push::Typing, None),
        (r#"2/chat,12["typing"]"#, "/chat", Push::Typing, Some(12)),
        ("2[\"post\",\"lobby\",\"hé \\\"q\\\" \\\\ / \u{2028} \\u0001\u{7f} 😀\"]", "/", post, None),
        (r#"20["chat message",{"from":7,"text":"hi"}]"#, "/", message, Some(0)),
        (r#"2["weird \"name\"\n",null,1.5,-3,true]"#, "/", Push::Weird(None, 1.5, -3, true), None),
    ] {
        assert_eq!(event(namespace, &value, id), (text.to_owned(), Vec::new()));
    }
}

#[test]
fn bytes_leave_a_placeholder_and_follow_as_attachments() {
    let data = Bytes::from_static(&[1, 2, 3]);
    let (text, attachments) = event("/", &Push::Upload { name: "a.bin".into(), data: data.clone() }, None);
    assert_eq!(text, r#"51-["upload","a.bin",{"_placeholder":true,"num":0}]"#);
    assert_eq!(attachments, [data]);
}

#[test]
fn answers_are_written_as_javascript_writes_them() {
    let reply = |id| ReplyTo::new(writer("/"), id);
    let text = |reply: crate::event::Reply| reply.0.map(|encoded| wire(&encoded).0);
    assert_eq!(text(reply(Some(5)).none()).as_deref(), Some("35[]"));
    assert_eq!(text(ReplyTo::new(writer("/chat"), Some(5)).value(&())).as_deref(), Some("3/chat,5[null]"));
    let error = Err::<(), _>(PostError::TooLong { max: 3 });
    assert_eq!(
        text(reply(Some(u64::MAX)).result(&error)).as_deref(),
        Some(r#"318446744073709551615[{"ok":false,"error":{"code":"too_long","max":3}}]"#)
    );
    let done = Ok::<_, PostError>(Bytes::from_static(&[9]));
    assert_eq!(
        text(ReplyTo::new(writer("/chat"), Some(5)).result(&done)).as_deref(),
        Some(r#"61-/chat,5[{"ok":true,"value":{"_placeholder":true,"num":0}}]"#)
    );
    assert_eq!(text(reply(Some(1)).args(&[Value::from(1), Value::Null])).as_deref(), Some("31[1,null]"));
}

#[test]
fn an_answer_nobody_wants_is_not_serialized() {
    struct Never;
    impl Serialize for Never {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("serialized for nobody")
        }
    }
    assert!(ReplyTo::new(writer("/"), None).value(&Never).0.is_none());
}

#[test]
fn packets_of_a_namespace_are_written_as_javascript_writes_them() {
    #[derive(Serialize)]
    struct Sid {
        sid: &'static str,
    }
    let text = |encoded: Result<Encoded, EncodeError>| wire(&encoded.unwrap()).0;
    let (root, chat) = (writer("/"), writer("/chat"));
    assert_eq!(text(root.connect(Some(&Sid { sid: "abc" }))), r#"0{"sid":"abc"}"#);
    assert_eq!(text(chat.connect::<()>(None)), "0/chat,");
    assert_eq!(
        text(chat.connect_error("no \"entry\"", Some(&HashMap::from([("code", 1)])))),
        r#"4/chat,{"message":"no \"entry\"","data":{"code":1}}"#
    );
    assert_eq!(text(root.connect_error::<()>("no", None)), r#"4{"message":"no"}"#);
    assert_eq!(text(chat.disconnect()), "1/chat,");
    assert_eq!(text(root.disconnect()), "1");
}

#[test]
fn emitters_take_what_a_caller_has() {
    let sent = Sent::default();
    let emit = Push::emitter(&sent);
    let text = String::from("b");
    emit.post("a", &text);
    assert_eq!(sent.last(), r#"2["post","a","b"]"#);
    emit.post(text, std::borrow::Cow::Borrowed("c"));
    assert_eq!(sent.last(), r#"2["post","b","c"]"#);
    let message = Message { from: 1, text: "x".into() };
    emit.message(&message);
    emit.message(message);
    assert_eq!(sent.last(), r#"2["chat message",{"from":1,"text":"x"}]"#);
    emit.weird(None, 1.0, 2, false);
    emit.check(vec![1, 2]);
    #[allow(clippy::needless_borrows_for_generic_args, reason = "what a caller may write")]
    emit.check(&[1, 2]);
    emit.check([1, 2]);
    let list: &[u64] = &[1, 2];
    emit.check(list);
    assert_eq!(sent.last(), r#"27["check",[1,2]]"#);
    emit.typing();
    emit.still_there();
    emit.upload("n", Bytes::new());
    assert_eq!(sent.0.borrow().len(), 12);
}

#[test]
fn definitions_say_names_methods_and_arguments() {
    let upload = &Push::EVENTS[4];
    assert_eq!((upload.name, upload.method, upload.ack), ("upload", "upload", false));
    assert_eq!(upload.args.iter().map(|arg| arg.name).collect::<Vec<_>>(), ["name", "data"]);
    let check = &Push::EVENTS[6];
    assert_eq!((check.args[0].name, check.ack), ("arg0", true));
}

#[test]
fn what_a_peer_leaves_out_or_adds_is_read_where_it_can_be() {
    assert_eq!(decode_json(r#"["typing",{"new":1}, 2 ]"#), Ok(Some(Push::Typing)));
    assert_eq!(decode_json(r#"[ "post" , "a" , "b" ]"#), Ok(Some(Push::Post("a".into(), "b".into()))));
    assert_eq!(decode_json(r#"["nobody knows",1]"#), Ok(None));
    assert_eq!(decode_json(r#"["post","a"]"#).unwrap_err(), "argument 2 `arg1` of `post`: missing argument");

    #[derive(crate::ServerToClient, Debug, PartialEq)]
    enum Optional {
        Two(u8, Option<u8>),
    }
    for (json, second) in [(r#"["two",1]"#, None), (r#"["two",1,null]"#, None), (r#"["two",1,2]"#, Some(2))] {
        let payload = payload(json, &[]);
        let (name, mut args) = ArgReader::event(&payload).unwrap();
        assert_eq!(Optional::decode(&name, &mut args), Ok(Some(Optional::Two(1, second))));
    }
}

#[test]
fn mistakes_name_argument_and_place() {
    for (json, text) in [
        (
            r#"["chat message",{"from":"me","text":"hi"}]"#,
            "argument 1 `arg0` of `chat message`: at .from: invalid type: string \"me\", expected u64",
        ),
        (
            r#"["check",[1,2,-3]]"#,
            "argument 1 `arg0` of `check`: at [2]: invalid value: integer `-3`, expected u64",
        ),
        (
            r#"["check",true]"#,
            "argument 1 `arg0` of `check`: invalid type: boolean `true`, expected a sequence",
        ),
        (
            r#"["upload","a",{"_placeholder":true,"num":0}]"#,
            "argument 2 `data` of `upload`: invalid type: map, expected byte array",
        ),
    ] {
        assert_eq!(decode_json(json).unwrap_err(), text);
    }
}

#[test]
fn a_mistake_in_types_is_told_from_a_text_that_is_no_json() {
    for (json, kind) in [
        (r#"["post",1,2]"#, DecodeErrorKind::Invalid),
        (r#"["post"]"#, DecodeErrorKind::Missing),
        // A lone surrogate is JSON, although no Rust string holds it.
        (r#"["post","\ud800","x"]"#, DecodeErrorKind::Invalid),
        (r#"["post",nope,"x"]"#, DecodeErrorKind::Malformed),
        (r#"["post","a" "b"]"#, DecodeErrorKind::Malformed),
        (r#"["typing",nope]"#, DecodeErrorKind::Malformed),
        (r#"["typing",1,]"#, DecodeErrorKind::Malformed),
    ] {
        let payload = payload(json, &[]);
        let (name, mut args) = ArgReader::event(&payload).unwrap();
        assert_eq!(Push::decode(&name, &mut args).unwrap_err().kind(), kind, "{json}");
    }
}

#[test]
fn answers_are_read_in_their_shape() {
    assert_eq!(answer::<Plain<bool>>("[true]"), Ok(Ok(true)));
    assert_eq!(answer::<Plain<()>>("[]"), Ok(Ok(())));
    assert_eq!(answer::<Plain<Option<u8>>>("[]"), Ok(Ok(None)));
    assert_eq!(answer::<Plain<bool>>("[]").unwrap_err(), "argument 1 `value` of an answer: missing argument");
    assert_eq!(answer::<Plain<Vec<u8>>>("[[1],2]"), Ok(Ok(vec![1])));

    type Post = Fallible<u64, PostError>;
    assert_eq!(answer::<Post>(r#"[{"ok":true,"value":3}]"#), Ok(Ok(3)));
    assert_eq!(answer::<Post>(r#"[{"value":3,"later":[],"ok":true}]"#), Ok(Ok(3)));
    assert_eq!(
        answer::<Post>(r#"[{"ok":false,"error":{"code":"too_long","max":3}}]"#),
        Ok(Err(PostError::TooLong { max: 3 }))
    );
    assert_eq!(answer::<Fallible<(), PostError>>(r#"[{"ok":true}]"#), Ok(Ok(())));
    assert_eq!(
        answer::<Post>(r#"[{"ok":true,"value":"x"}]"#).unwrap_err(),
        "argument 1 `value` of an answer: at .value: invalid type: string \"x\", expected u64"
    );
    for wrong in ["[3]", "[{}]", r#"[{"ok":1}]"#, r#"[{"ok":true}]"#, "[]"] {
        assert!(answer::<Post>(wrong).is_err(), "{wrong}");
    }
    assert_eq!(answer::<AllArgs>(r#"[1,"a"]"#), Ok(Ok(vec![Value::from(1), Value::from("a")])));
}

#[test]
fn the_untyped_door_emits_by_name() {
    let sent = Sent::default();
    let emit = Untyped::emitter(&sent);
    emit.event("a \"b\"", (1, "two", vec![3]));
    assert_eq!(sent.last(), r#"2["a \"b\"",1,"two",[3]]"#);
    emit.event("list", vec![Value::from(1), Value::Binary(Bytes::from_static(b"x"))]);
    assert_eq!(sent.last(), r#"51-["list",1,{"_placeholder":true,"num":0}]"#);
    emit.event_with_ack("none", ());
    assert_eq!(sent.last(), r#"27["none"]"#);
    let error = writer("/").event(EventName { plain: "disconnect", json: None }, None, &|_| {}).unwrap_err();
    assert_eq!(error.to_string(), "`disconnect` is a reserved event name");
}

#[test]
fn values_keep_the_order_of_keys_and_the_last_of_doubled_ones() {
    let value: Value =
        serde_json::from_str(r#"{"b":1,"a":[null,true],"b":{"x":"y"},"c":1.5,"b":2}"#).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), r#"{"b":2,"a":[null,true],"c":1.5}"#);
    let mut object = Object::new();
    object.insert("z", 1);
    object.insert("a", "x");
    assert_eq!(object.insert("z", false), Some(Value::from(1)));
    assert_eq!(serde_json::to_string(&object).unwrap(), r#"{"z":false,"a":"x"}"#);
    assert_eq!(object.remove("z"), Some(Value::Bool(false)));
}

#[test]
fn what_cannot_be_encoded_is_an_error_that_says_why() {
    let keys = HashMap::from([((1, 2), 3)]);
    let error = writer("/")
        .event(EventName::new("x", "\"x\""), None, &|args| {
            args.arg(&1);
            args.arg(&keys);
            args.arg(&2);
        })
        .unwrap_err();
    assert_eq!(error.to_string(), "argument 2 cannot be serialized");
    assert!(std::error::Error::source(&error).is_some());

    let eleven = vec![Bytes::from_static(b"x"); 11];
    let error = writer("/").ack(1, &|args| args.arg(&eleven)).unwrap_err();
    assert_eq!(error.to_string(), "11 attachments in one packet, at most 10 are possible");
    assert!(writer("/").ack(1, &|args| args.arg(&eleven[1..])).is_ok());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(|data| Value::Binary(data.into())),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("[a-z_]{0,3}|num|_place", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn blobs(value: &Value) -> usize {
    match value {
        Value::Binary(_) => 1,
        Value::Array(list) => list.iter().map(blobs).sum(),
        Value::Object(object) => object.iter().map(|(_, value)| blobs(value)).sum(),
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn arguments_come_back_as_they_went(values in prop::collection::vec(any_value(), 0..4)) {
        let name = EventName { plain: "x", json: None };
        let encoded = writer("/n").event(name, None, &|args| values.iter().for_each(|value| args.arg(value)));
        if values.iter().map(blobs).sum::<usize>() > 10 {
            let refused = matches!(encoded, Err(EncodeError::TooManyAttachments { .. }));
            prop_assert!(refused);
        } else {
            let payload = payload_of(&encoded.unwrap());
            let (_, mut args) = ArgReader::event(&payload).unwrap();
            prop_assert_eq!(args.rest().unwrap(), values);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}\",: a-c0-9\\\\_]{0,24}", data in any::<bool>()) {
        let payload = payload(&format!("[\"check\",{text}]"), if data { &[b"x"] } else { &[] });
        if let Ok((name, mut args)) = ArgReader::event(&payload) {
            let _ = Push::decode(&name, &mut args);
        }
        let _ = answer::<AllArgs>(&format!("[{text}]"));
        let _ = answer::<Fallible<Bytes, String>>(&format!("[{text}]"));
    }
}
