//! The cases: each value beside the JavaScript that makes the same one.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// One variant of each shape, and each way in which serde writes an enum.
#[derive(sockeye::ServerToClient, Clone, Debug, PartialEq)]
pub(super) enum Push {
    Unit,
    One(String),
    Three(u32, bool, String),
    Fields {
        room: String,
        count: i64,
    },
    #[event("chat message")]
    Whole(Message),
    #[event("é \"q\" \\ \n \u{2028} 😀")]
    Named(String),
    Trailing(u8, Option<u8>, Option<Message>),
    Numbers(i64, u64, f64, f32),
    Floats(Vec<f64>),
    Lists(Vec<u16>, BTreeMap<String, u8>, BTreeMap<u32, bool>, (), (u8, String)),
    Upload {
        name: String,
        data: Bytes,
    },
    Deep(Parcel),
    Several(Bytes, Vec<Bytes>, BTreeMap<String, Bytes>),
    Flattened(Flat),
    Either(Untagged),
    Kinds(Vec<External>, Vec<Internal>, Vec<Adjacent>),
    #[event(ack = bool)]
    Asks(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) from: u64,
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parcel {
    label: String,
    data: Bytes,
    more: Vec<Option<Bytes>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Flat {
    id: u8,
    #[serde(flatten)]
    parcel: Parcel,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Untagged {
    Text(String),
    Data { data: Bytes },
    Pair(u8, u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum External {
    Unit,
    Newtype(u8),
    Tuple(u8, Bytes),
    Fields { a: u8 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Internal {
    Unit,
    Fields { data: Bytes },
    Newtype(Message),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub(super) enum Adjacent {
    Unit,
    Newtype(Bytes),
    Fields { a: u8 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub(super) enum PostError {
    TooLong { max: usize },
    Rejected { sample: Bytes },
}

/// An event, and the list that JavaScript's `emit` is given for it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) event: Push,
    pub(super) js: &'static str,
    /// With which parsers npm writes the value that it was given; with another, only what JavaScript reads is compared.
    pub(super) exact: &'static [&'static str],
}

fn bytes(data: &[u8]) -> Bytes {
    Bytes::copy_from_slice(data)
}

fn parcel() -> Parcel {
    Parcel {
        label: "p".into(),
        data: bytes(&[1, 2]),
        more: vec![None, Some(bytes(&[])), Some(bytes(&[255]))],
    }
}

pub(super) fn cases() -> Vec<Case> {
    let case = |name, event, js| Case { name, event, js, exact: &["json", "msgpack"] };
    let message = Message { from: 7, text: Some("hi".into()), tags: vec!["a".into(), String::new()] };
    let bare = Message { from: 9_007_199_254_740_991, text: None, tags: Vec::new() };
    vec![
        case("unit", Push::Unit, r#"["unit"]"#),
        case("tuple of one", Push::One("x".into()), r#"["one", "x"]"#),
        case(
            "tuple of three",
            Push::Three(4_294_967_295, true, "z".into()),
            r#"["three", 4294967295, true, "z"]"#,
        ),
        case("struct", Push::Fields { room: "r".into(), count: -5 }, r#"["fields", "r", -5]"#),
        case(
            "newtype over a struct",
            Push::Whole(message.clone()),
            r#"["chat message", {from: 7, text: "hi", tags: ["a", ""]}]"#,
        ),
        case(
            "absent and null fields",
            Push::Whole(bare),
            r#"["chat message", {from: 9007199254740991, text: null}]"#,
        ),
        case(
            "unicode and escapes",
            Push::Named(
                "\u{0}\u{8}\u{9}\n\u{c}\r\u{1f}\u{7f}\u{80}\u{2028}\u{2029}\u{feff}é漢👩‍👩‍👧/<>&'\"\\".into(),
            ),
            r#"["é \"q\" \\ \n \u2028 😀", "\u0000\b\t\n\f\r\u001f\u007f\u0080\u2028\u2029\ufeffé漢👩‍👩‍👧/<>&'\"\\"]"#,
        ),
        case(
            "options present",
            Push::Trailing(1, Some(2), Some(message)),
            r#"["trailing", 1, 2, {from: 7, text: "hi", tags: ["a", ""]}]"#,
        ),
        case("options absent", Push::Trailing(1, None, None), r#"["trailing", 1, null, null]"#),
        case(
            "numbers",
            Push::Numbers(-9_007_199_254_740_991, 9_007_199_254_740_991, 1.5, 0.25),
            r#"["numbers", -9007199254740991, 9007199254740991, 1.5, 0.25]"#,
        ),
        case("no numbers", Push::Floats(vec![]), r#"["floats", []]"#),
        case(
            "fractions",
            Push::Floats(vec![0.1, -2.5, 1.0 / 3.0, 123_456.789, 1e-5 + 1e-4, 4_503_599_627_370_495.5]),
            r#"["floats", [0.1, -2.5, 1/3, 123456.789, 1e-5+1e-4, 4503599627370495.5]]"#,
        ),
        case(
            "whole and small floats",
            Push::Floats(vec![0.0, -0.0, 1.0, -7.0, 1e15, 1e-5, 0.000_001_5, 1e-6, 1e-7, 1.25e-7, 5e-324]),
            r#"["floats", [0, -0, 1, -7, 1e15, 1e-5, 0.0000015, 1e-6, 1e-7, 1.25e-7, 5e-324]]"#,
        ),
        // npm's MessagePack writes whole numbers as 64 bits, also those that have more.
        Case {
            exact: &["json"],
            ..case(
                "large floats",
                Push::Floats(vec![
                    1e16,
                    123_456_789_012_345_680_000.0,
                    1e20,
                    1e21,
                    1.5e21,
                    -1e100,
                    f64::MAX,
                    9_007_199_254_740_993.0,
                    1.234_567_890_123_456_7e17,
                ]),
                r#"["floats", [1e16, 123456789012345680000, 1e20, 1e21, 1.5e21, -1e100, Number.MAX_VALUE, 9007199254740993, 1.2345678901234567e17]]"#,
            )
        },
        // JavaScript has no such integers: it reads the nearest number it has, and writes that one.
        Case {
            exact: &[],
            ..case(
                "integers beyond JavaScript's",
                Push::Numbers(i64::MIN, u64::MAX, 1.5, 0.5),
                r#"["numbers", -9223372036854775808, 18446744073709551615, 1.5, 0.5]"#,
            )
        },
        case(
            "empty and nested",
            Push::Lists(vec![], BTreeMap::new(), BTreeMap::new(), (), (0, String::new())),
            r#"["lists", [], {}, {}, null, [0, ""]]"#,
        ),
        case(
            "lists and maps",
            Push::Lists(
                vec![0, 255],
                BTreeMap::from([("a \"b\"".into(), 1), ("é".into(), 2)]),
                BTreeMap::from([(2, true), (10, false)]),
                (),
                (1, "x".into()),
            ),
            r#"["lists", [0, 255], {"a \"b\"": 1, "é": 2}, {2: true, 10: false}, null, [1, "x"]]"#,
        ),
        case(
            "bytes",
            Push::Upload { name: "n".into(), data: bytes(&[0, 1, 254, 255]) },
            r#"["upload", "n", Buffer.from([0, 1, 254, 255])]"#,
        ),
        case(
            "no bytes",
            Push::Upload { name: String::new(), data: bytes(&[]) },
            r#"["upload", "", Buffer.alloc(0)]"#,
        ),
        case(
            "bytes in a struct",
            Push::Deep(parcel()),
            r#"["deep", {label: "p", data: Buffer.from([1, 2]), more: [null, Buffer.alloc(0), Buffer.from([255])]}]"#,
        ),
        case(
            "several attachments",
            Push::Several(
                bytes(b"a"),
                vec![bytes(b"b"), bytes(b"c")],
                BTreeMap::from([("k".into(), bytes(b"d")), ("l".into(), bytes(&[7; 300]))]),
            ),
            r#"["several", Buffer.from("a"), [Buffer.from("b"), Buffer.from("c")], {k: Buffer.from("d"), l: Buffer.alloc(300, 7)}]"#,
        ),
        case(
            "bytes through flatten",
            Push::Flattened(Flat { id: 1, parcel: parcel() }),
            r#"["flattened", {id: 1, label: "p", data: Buffer.from([1, 2]), more: [null, Buffer.alloc(0), Buffer.from([255])]}]"#,
        ),
        case("untagged text", Push::Either(Untagged::Text("t".into())), r#"["either", "t"]"#),
        case(
            "untagged bytes",
            Push::Either(Untagged::Data { data: bytes(&[9]) }),
            r#"["either", {data: Buffer.from([9])}]"#,
        ),
        case("untagged pair", Push::Either(Untagged::Pair(1, 2)), r#"["either", [1, 2]]"#),
        case(
            "enums in every representation",
            Push::Kinds(
                vec![
                    External::Unit,
                    External::Newtype(1),
                    External::Tuple(2, bytes(&[3])),
                    External::Fields { a: 4 },
                ],
                vec![
                    Internal::Unit,
                    Internal::Fields { data: bytes(&[5]) },
                    Internal::Newtype(Message { from: 6, text: None, tags: vec![] }),
                ],
                vec![Adjacent::Unit, Adjacent::Newtype(bytes(&[7])), Adjacent::Fields { a: 8 }],
            ),
            r#"["kinds",
                ["Unit", {Newtype: 1}, {Tuple: [2, Buffer.from([3])]}, {Fields: {a: 4}}],
                [{type: "unit"}, {type: "fields", data: Buffer.from([5])}, {type: "newtype", from: 6, text: null}],
                [{t: "Unit"}, {t: "Newtype", c: Buffer.from([7])}, {t: "Fields", c: {a: 8}}]]"#,
        ),
        case("with an answer", Push::Asks("?".into()), r#"["asks", "?"]"#),
    ]
}
