//! What a typed event promises about arguments that are not as its definition says: through the derive, with every parser.

use std::collections::BTreeMap;

use super::*;
use crate::{
    event::{DecodeError, DecodeErrorKind, Events as _, Value},
    protocol::{
        frame::Frame,
        socket_io::{
            decoder::{Decoder, DecoderLimits},
            packet::PacketKind,
        },
    },
};

#[derive(crate::ServerToClient, Debug, PartialEq)]
enum Contract {
    Optional(u8, Option<u8>, Option<String>, Option<Tag>),
    Post { room: String, message: Post },
    Shapes(Vec<Shape>),
    Scores(BTreeMap<String, Tag>),
    Tagged { kind: Kind },
    Raw { data: Bytes },
    Pair((u8, u8), Untagged),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Post {
    text: String,
    tags: Vec<Tag>,
    #[serde(default)]
    attached: Option<Bytes>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tag {
    name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Circle { radius: u32 },
    Point(i8, i8),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Kind {
    Level { level: u8 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

const PARSERS: &[Parser] = &[
    Parser::Json,
    #[cfg(feature = "msgpack")]
    Parser::MessagePack,
];

/// The arguments, an array in JSON, as a peer sends them with this parser, and what they decode to.
fn send(parser: Parser, name: &str, args: &str) -> Result<Option<Contract>, DecodeError> {
    let args: Vec<Value> = serde_json::from_str(args).unwrap();
    let packet = PacketWriter::new(Arc::from("/"), parser).event(
        EventName { plain: name, json: None },
        None,
        &|writer| args.iter().for_each(|arg| writer.arg(arg)),
    );
    let mut decoder = Decoder::of(parser, DecoderLimits::default());
    let packet = match packet.unwrap().head {
        Frame::Binary(data) => decoder.binary(data),
        text @ Frame::Text { .. } => {
            let text = String::from_utf8(text.packet_text().unwrap()[1..].to_vec()).unwrap();
            decoder.text(text.into())
        }
    };
    let PacketKind::Event(payload, None) = packet.unwrap().unwrap().kind else { panic!("an event") };
    let (name, mut args) = ArgReader::event(&payload).unwrap();
    Contract::decode(&name, &mut args)
}

fn sent(name: &str, args: &str) -> Contract {
    let mut decoded: Vec<_> =
        PARSERS.iter().map(|&parser| send(parser, name, args).unwrap().unwrap()).collect();
    let first = decoded.remove(0);
    decoded.iter().for_each(|other| assert_eq!(*other, first));
    first
}

/// What every parser says is wrong: kind, argument, path, and the whole text.
fn wrong(name: &str, args: &str) -> (DecodeErrorKind, Option<(usize, &'static str)>, Option<String>, String) {
    let mut errors: Vec<_> = PARSERS
        .iter()
        .map(|&parser| {
            let error = send(parser, name, args).unwrap_err();
            assert_eq!(error.event(), Some(name));
            let argument = error.argument_index().zip(error.argument_name());
            (error.kind(), argument, error.path().map(str::to_owned), error.to_string())
        })
        .collect();
    let first = errors.remove(0);
    errors.iter().for_each(|other| assert_eq!(*other, first));
    first
}

#[test]
fn trailing_options_may_be_missing_null_or_there() {
    let none = Contract::Optional(1, None, None, None);
    for args in ["[1]", "[1,null]", "[1,null,null]", "[1,null,null,null]"] {
        assert_eq!(sent("optional", args), none, "{args}");
    }
    assert_eq!(sent("optional", "[1,2]"), Contract::Optional(1, Some(2), None, None));
    assert_eq!(
        sent("optional", r#"[1,null,"x",{"name":"y"}]"#),
        Contract::Optional(1, None, Some("x".into()), Some(Tag { name: "y".into() }))
    );
}

#[test]
fn further_arguments_and_unknown_keys_are_passed_over() {
    assert_eq!(
        sent("optional", r#"[1,2,"x",null,{"new":[1,{"a":null}]},7]"#),
        Contract::Optional(1, Some(2), Some("x".into()), None)
    );
    let post = Contract::Post {
        room: "r".into(),
        message: Post { text: "t".into(), tags: vec![Tag { name: "n".into() }], attached: None },
    };
    assert_eq!(sent("post", r#"["r",{"new":1,"text":"t","tags":[{"name":"n","also":[]}]},null]"#), post);
}

#[test]
fn a_missing_argument_is_named() {
    for (name, args, argument, text) in [
        ("optional", "[]", (0, "arg0"), "argument 1 `arg0` of `optional`: missing argument"),
        ("post", r#"["r"]"#, (1, "message"), "argument 2 `message` of `post`: missing argument"),
        ("post", "[]", (0, "room"), "argument 1 `room` of `post`: missing argument"),
        ("raw", "[]", (0, "data"), "argument 1 `data` of `raw`: missing argument"),
    ] {
        assert_eq!(wrong(name, args), (DecodeErrorKind::Missing, Some(argument), None, text.to_owned()));
    }
}

#[test]
fn an_argument_of_another_shape_is_named_with_the_place_in_it() {
    for (name, args, argument, path, text) in [
        (
            "post",
            r#"[5,{}]"#,
            (0, "room"),
            None,
            "argument 1 `room` of `post`: invalid type: integer `5`, expected a string",
        ),
        (
            "post",
            r#"["r",{"text":"t"}]"#,
            (1, "message"),
            None,
            "argument 2 `message` of `post`: missing field `tags`",
        ),
        (
            "post",
            r#"["r",{"text":"t","tags":[{"name":"a"},{"name":"b"},{"name":3}]}]"#,
            (1, "message"),
            Some(".tags[2].name"),
            "argument 2 `message` of `post`: at .tags[2].name: invalid type: integer `3`, expected a string",
        ),
        (
            "post",
            r#"["r",{"text":"t","tags":[{}]}]"#,
            (1, "message"),
            Some(".tags[0]"),
            "argument 2 `message` of `post`: at .tags[0]: missing field `name`",
        ),
        (
            "optional",
            r#"[1,null,null,{"name":false}]"#,
            (3, "arg3"),
            Some(".name"),
            "argument 4 `arg3` of `optional`: at .name: invalid type: boolean `false`, expected a string",
        ),
        (
            "optional",
            "[256]",
            (0, "arg0"),
            None,
            "argument 1 `arg0` of `optional`: invalid value: integer `256`, expected u8",
        ),
        (
            "shapes",
            r#"[[{"Point":[1,2]},{"Circle":{"radius":-1}}]]"#,
            (0, "arg0"),
            Some("[1].Circle.radius"),
            "argument 1 `arg0` of `shapes`: at [1].Circle.radius: invalid value: integer `-1`, expected u32",
        ),
        (
            "shapes",
            r#"[[{"Square":1}]]"#,
            (0, "arg0"),
            Some("[0]"),
            "argument 1 `arg0` of `shapes`: at [0]: unknown variant `Square`, expected `Circle` or `Point`",
        ),
        (
            "scores",
            r#"[{"ada":{"name":"x"},"bob":{"name":[]}}]"#,
            (0, "arg0"),
            Some(".bob.name"),
            "argument 1 `arg0` of `scores`: at .bob.name: invalid type: sequence, expected a string",
        ),
        // serde reads these whole before it knows what they are, and says no more than this.
        (
            "tagged",
            r#"[{"type":"level","level":"high"}]"#,
            (0, "kind"),
            None,
            "argument 1 `kind` of `tagged`: invalid type: string \"high\", expected u8",
        ),
        (
            "pair",
            "[[1,2],[]]",
            (1, "arg1"),
            None,
            "argument 2 `arg1` of `pair`: data did not match any variant of untagged enum Untagged",
        ),
        (
            "pair",
            "[[1],1]",
            (0, "arg0"),
            None,
            "argument 1 `arg0` of `pair`: invalid length 1, expected a tuple of size 2",
        ),
    ] {
        let expected = (DecodeErrorKind::Invalid, Some(argument), path.map(str::to_owned), text.to_owned());
        assert_eq!(wrong(name, args), expected);
    }
}

#[test]
fn a_placeholder_without_its_attachment_is_no_packet_and_other_values_are_no_bytes() {
    let decode = |json: &str, attachments: &[&'static [u8]]| {
        let payload = payload(json, attachments);
        let (name, mut args) = ArgReader::event(&payload).unwrap();
        Contract::decode(&name, &mut args)
    };
    let kind = |json: &str, attachments: &[&'static [u8]]| decode(json, attachments).unwrap_err().kind();
    let there = decode(r#"["raw",{"_placeholder":true,"num":0}]"#, &[b"x"]).unwrap();
    assert_eq!(there, Some(Contract::Raw { data: Bytes::from_static(b"x") }));
    for broken in [
        r#"["raw",{"_placeholder":true,"num":1}]"#,
        r#"["raw",{"_placeholder":true,"num":-1}]"#,
        r#"["raw",{"_placeholder":true}]"#,
        r#"["post","r",{"text":"t","tags":[],"attached":{"_placeholder":true,"num":7}}]"#,
    ] {
        assert_eq!(kind(broken, &[b"x"]), DecodeErrorKind::Malformed, "{broken}");
    }
    let error = decode(r#"["raw",{"num":0}]"#, &[]).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (DecodeErrorKind::Invalid, "argument 1 `data` of `raw`: invalid type: map, expected byte array")
    );
    assert_eq!(
        decode(r#"["post",{"_placeholder":true,"num":0},1]"#, &[b"\xff"]).unwrap_err().argument_name(),
        Some("room")
    );
}
