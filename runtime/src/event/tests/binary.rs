//! Bytes at any depth, through every way that serde has of nesting things.

use std::collections::{BTreeMap, HashMap};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::*;
use crate::event::Value;

fn blob(data: &'static [u8]) -> Bytes {
    Bytes::from_static(data)
}

/// Writes and reads one argument; gives the text between the brackets.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug + 'static>(value: &T) -> String {
    let encoded = writer("/").ack(1, &|args| args.arg(value)).unwrap();
    let payload = payload_of(&encoded);
    let mut args = ArgReader::ack(&payload);
    assert_eq!(args.arg::<T>("value").as_ref(), Ok(value));
    args.finish().unwrap();
    let (text, _) = wire(&encoded);
    text[text.find('[').unwrap() + 1..text.len() - 1].to_owned()
}

fn read<T: DeserializeOwned + 'static>(json: &str, attachments: &[&'static [u8]]) -> Result<T, String> {
    let payload = payload(&format!("[{json}]"), attachments);
    ArgReader::ack(&payload).arg("value").map_err(|error| error.to_string())
}

const FIRST: &str = r#"{"_placeholder":true,"num":0}"#;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Image {
    kind: String,
    data: Bytes,
}

fn image() -> Image {
    Image { kind: "png".into(), data: blob(b"\x89P") }
}

#[test]
fn lists_maps_options_and_structs_hold_bytes() {
    assert_eq!(round_trip(&blob(b"a")), FIRST);
    assert_eq!(round_trip(&Some(blob(b"a"))), FIRST);
    assert_eq!(round_trip(&None::<Bytes>), "null");
    round_trip(&vec![blob(b"a"), blob(b""), blob(b"c")]);
    round_trip(&(1, blob(b"a"), [image(), image()]));
    round_trip(&BTreeMap::from([("x".to_owned(), Some(vec![image()]))]));
    round_trip(&HashMap::from([(7u32, blob(b"a"))]));
    assert_eq!(round_trip(&image()), format!(r#"{{"kind":"png","data":{FIRST}}}"#));
}

#[test]
fn every_way_of_writing_an_enum_holds_bytes() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum External {
        Data(Bytes),
        Two(u8, Bytes),
        Named { data: Bytes },
        Unit,
    }
    round_trip(&[
        External::Data(blob(b"a")),
        External::Two(1, blob(b"b")),
        External::Named { data: blob(b"c") },
        External::Unit,
    ]);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Internal {
        Image(Image),
        Named { size: u8, data: Bytes },
    }
    round_trip(&[Internal::Image(image()), Internal::Named { size: 1, data: blob(b"c") }]);
    let late = read::<Internal>(r#"{"data":{"_placeholder":true,"num":0},"size":1,"type":"Named"}"#, &[b"x"]);
    assert_eq!(late, Ok(Internal::Named { size: 1, data: blob(b"x") }));

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type", content = "value")]
    enum Adjacent {
        Image(Image),
        Data(Bytes),
    }
    round_trip(&[Adjacent::Image(image()), Adjacent::Data(blob(b"c"))]);
    let late = read::<Adjacent>(r#"{"value":{"_placeholder":true,"num":0},"type":"Data"}"#, &[b"x"]);
    assert_eq!(late, Ok(Adjacent::Data(blob(b"x"))));

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u64),
        Data(Bytes),
        Image(Image),
        Other(BTreeMap<String, u8>),
    }
    round_trip(&vec![
        Untagged::Number(1),
        Untagged::Data(blob(b"c")),
        Untagged::Image(image()),
        Untagged::Other(BTreeMap::from([("a".into(), 1)])),
    ]);
}

#[test]
fn flattened_structs_hold_bytes() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        id: u8,
        #[serde(flatten)]
        image: Image,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    let rest = BTreeMap::from([
        ("more".to_owned(), Value::Array(vec![Value::Binary(blob(b"m")), Value::from(1)])),
        ("x".to_owned(), Value::Null),
    ]);
    round_trip(&Outer { id: 1, image: image(), rest });
}

#[test]
fn a_lone_argument_is_the_attachment_itself() {
    let data = Bytes::from(vec![7u8; 64]);
    let payload = Payload { body: Body::Json(format!("[{FIRST}]").into()), attachments: vec![data.clone()] };
    let read: Bytes = ArgReader::ack(&payload).arg("value").unwrap();
    assert_eq!(read.as_ptr(), data.as_ptr());
}

#[test]
fn without_attachments_a_placeholder_is_an_object() {
    let object: BTreeMap<String, Value> = read(FIRST, &[]).unwrap();
    assert_eq!(object.len(), 2);
    assert!(read::<Value>(FIRST, &[]).unwrap().as_object().is_some());
    assert_eq!(
        read::<Bytes>(FIRST, &[]).unwrap_err(),
        "argument 1 `value` of an answer: invalid type: map, expected byte array"
    );
}

#[test]
fn placeholders_of_nothing_are_refused() {
    for json in [
        r#"{"_placeholder":true,"num":1}"#,
        r#"{"_placeholder":true,"num":-1}"#,
        r#"{"_placeholder":true,"num":0.5}"#,
        r#"{"_placeholder":true,"num":"0"}"#,
        r#"{"_placeholder":true,"num":18446744073709551615}"#,
        r#"{"_placeholder":true}"#,
        r#"{"_placeholder":true,"num":0,"num":5}"#,
        r#"{"_placeholder":true,"num":0,"_placeholder":false}"#,
    ] {
        assert!(read::<Bytes>(json, &[b"x"]).is_err(), "{json}");
        assert!(read::<Value>(json, &[b"x"]).is_err(), "{json}");
        assert!(read::<Vec<Option<Bytes>>>(&format!("[null,{json}]"), &[b"x"]).is_err(), "{json}");
    }
}

/// What socket.io-parser's `_reconstructPacket` makes of them.
#[test]
fn only_true_marks_a_placeholder() {
    for mark in ["false", "1", r#""true""#, "null", "[]", r#"{"a":[1,{}]}"#] {
        let json = format!(r#"{{"_placeholder":{mark},"num":7,"more":"x"}}"#);
        assert!(read::<Bytes>(&json, &[b"x"]).unwrap_err().contains("invalid type: map"), "{json}");
        let value = read::<Value>(&json, &[b"x"]).unwrap();
        assert_eq!(serde_json::to_value(&value).unwrap().to_string(), sorted(&json));
        assert_eq!(
            read::<Vec<Value>>(&format!("[{json},{FIRST}]"), &[b"x"]).unwrap(),
            [value, blob(b"x").into()]
        );
    }
    let inside = format!(r#"{{"_placeholder":{{"a":{FIRST}}},"num":7}}"#);
    assert_eq!(read::<Value>(&inside, &[b"x"]).unwrap()["_placeholder"]["a"].as_bytes(), Some(&blob(b"x")));
    for json in [
        r#"{"_placeholder":true,"num":0,"more":1}"#,
        r#"{"_placeholder":true,"more":[{"num":3}],"num":0}"#,
        r#"{"_placeholder":true,"num":5,"num":0}"#,
    ] {
        assert_eq!(read::<Bytes>(json, &[b"x"]).unwrap(), blob(b"x"), "{json}");
        assert_eq!(read::<Value>(json, &[b"x"]).unwrap().as_bytes(), Some(&blob(b"x")), "{json}");
    }
}

/// Whoever hands on what was read would otherwise give it to clients as a placeholder, whose number official ones close for.
#[test]
fn a_mark_that_comes_late_makes_no_object() {
    for json in [
        r#"{"a":1,"_placeholder":true,"num":7}"#,
        r#"{"a":1,"_placeholder":true,"num":0}"#,
        r#"{"num":7,"a":1,"_placeholder":true}"#,
        r#"{"_placeholder":false,"_placeholder":true,"num":7}"#,
        r#"{"_placeholder":false,"_placehold\u0065r":true,"num":7}"#,
        r#"{"a":{"b":[{"c":1,"_placeholder":true,"num":7}]}}"#,
        r#"{"_placeholder":{"a":1,"_placeholder":true,"num":7}}"#,
    ] {
        assert!(read::<Value>(json, &[b"x"]).is_err(), "{json}");
        assert!(read::<BTreeMap<String, Value>>(json, &[b"x"]).is_err(), "{json}");
        assert!(read::<HashMap<String, serde_json::Value>>(json, &[b"x"]).is_err(), "{json}");
        // Of text alone nothing can be made.
        assert!(read::<Value>(json, &[]).is_ok(), "{json}");
    }
    assert!(read::<BTreeMap<String, Value>>(FIRST, &[b"x"]).is_err());
    let late = r#"{"a":1,"_placeholder":false,"num":7}"#;
    assert_eq!(read::<BTreeMap<String, Value>>(late, &[b"x"]).unwrap().len(), 3);
    assert_eq!(
        serde_json::to_value(read::<Value>(late, &[b"x"]).unwrap()).unwrap().to_string(),
        sorted(late)
    );
}

fn sorted(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).unwrap().to_string()
}

#[test]
fn one_attachment_cannot_be_named_again_and_again() {
    let twice = format!("[{FIRST},{FIRST}]");
    assert!(read::<Vec<Bytes>>(&twice, &[b"x", b"y"]).is_ok());
    assert_eq!(
        read::<Vec<Bytes>>(&twice, &[b"x"]).unwrap_err(),
        "argument 1 `value` of an answer: at [1]: there are more placeholders than attachments"
    );
}

#[test]
fn clients_that_write_the_number_first_are_understood() {
    let json = r#"{"kind":"png","data":{"num":0,"_placeholder":true}}"#;
    assert_eq!(read::<Image>(json, &[b"x"]).unwrap().data, blob(b"x"));
    assert_eq!(read::<Value>(json, &[b"x"]).unwrap()["data"].as_bytes(), Some(&blob(b"x")));
}

#[test]
fn what_is_no_bytes_is_read_beside_them_as_usual() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct All {
        data: Bytes,
        numbers: (u8, i64, f64, u128),
        text: String,
        letter: char,
        unit: (),
        keys: BTreeMap<i8, bool>,
        value: serde_json::Value,
    }
    round_trip(&All {
        data: blob(b"x"),
        numbers: (1, -2, 0.5, 3),
        text: "a\"\u{e9}".into(),
        letter: '\u{e9}',
        unit: (),
        keys: BTreeMap::from([(-1, true), (2, false)]),
        value: serde_json::json!({ "a": [1, { "b": null }], "": {} }),
    });
    // Maps with keys of other types, replayed after the first key was looked at.
    let raw: (Bytes, Box<RawValue>) = read(&format!(r#"[{FIRST}, {{"a" : 1}}]"#), &[b"x"]).unwrap();
    assert_eq!(raw.1.get(), r#"{"a" : 1}"#);
}
