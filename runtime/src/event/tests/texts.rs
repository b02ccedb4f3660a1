//! Arguments that are strings, which are read without a parser, mean what they mean to serde_json.

use std::{borrow::Cow, collections::BTreeMap, fmt, net::IpAddr, path::PathBuf};

use proptest::prelude::*;
use serde::{
    Deserializer,
    de::{DeserializeOwned, IgnoredAny, Visitor},
};
use serde_json::value::RawValue;

use super::*;
use crate::event::{DecodeErrorKind, Value};

/// Reads `json` as the first of two arguments, and by serde_json.
#[track_caller]
fn same<T: DeserializeOwned + fmt::Debug + 'static>(json: &str) {
    for attachments in [&[][..], &[&b"x"[..]]] {
        let payload = payload(&format!("[\"a\", {json} ,2]"), attachments);
        let (_, mut args) = ArgReader::event(&payload).unwrap();
        match (args.arg::<T>("arg0"), serde_json::from_str::<T>(json)) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
                assert_eq!(args.arg::<u8>("arg1"), Ok(2));
                assert_eq!(args.finish(), Ok(()));
            }
            (Err(ours), Err(theirs)) => {
                let theirs = theirs.to_string();
                let malformed = serde_json::from_str::<IgnoredAny>(json).is_err();
                assert_eq!(ours.kind() == DecodeErrorKind::Malformed, malformed);
                // A long quotation is cut.
                let reason = ours.reason().split('…').next().unwrap();
                assert!(malformed || theirs.starts_with(reason), "{reason} {theirs}");
            }
            (ours, theirs) => panic!("{json}: {ours:?}, {theirs:?}"),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Newtype<T>(#[allow(dead_code, reason = "shown by Debug")] T);

#[derive(Debug, Deserialize)]
struct Unit;

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by Debug")]
struct Struct {
    a: u8,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Grey(#[allow(dead_code, reason = "shown by Debug")] u8),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "shown by Debug")]
enum Either {
    Number(u64),
    Colour(Colour),
    Text(String),
}

/// Asks for a number and would take a text. serde_json gives it none.
#[derive(Debug)]
struct Liberal;

impl<'de> Deserialize<'de> for Liberal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Takes;

        impl Visitor<'_> for Takes {
            type Value = Liberal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or one in a text")
            }

            fn visit_str<E>(self, _: &str) -> Result<Liberal, E> {
                Ok(Liberal)
            }
        }

        deserializer.deserialize_u64(Takes)
    }
}

/// Takes what it can get.
#[derive(Debug)]
struct Lenient<T>(#[allow(dead_code, reason = "shown by Debug")] Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize(deserializer).ok()))
    }
}

fn every_type(json: &str) {
    same::<String>(json);
    same::<Box<str>>(json);
    same::<Cow<'static, str>>(json);
    same::<char>(json);
    same::<PathBuf>(json);
    same::<IpAddr>(json);
    same::<Option<String>>(json);
    same::<Option<Option<u8>>>(json);
    same::<Newtype<String>>(json);
    same::<Newtype<Option<Newtype<Value>>>>(json);
    same::<Value>(json);
    same::<serde_json::Value>(json);
    same::<Box<RawValue>>(json);
    same::<IgnoredAny>(json);
    same::<Colour>(json);
    same::<Option<Colour>>(json);
    same::<Either>(json);
    same::<Liberal>(json);
    same::<Unit>(json);
    same::<()>(json);
    same::<Struct>(json);
    same::<BTreeMap<String, String>>(json);
    same::<Vec<String>>(json);
    same::<(u8, u8)>(json);
    same::<bool>(json);
    same::<u8>(json);
    same::<i128>(json);
    same::<f64>(json);
}

#[test]
fn every_text_is_the_same_to_every_type() {
    for json in [
        r#""""#,
        r#""a""#,
        r#""red""#,
        r#""grey""#,
        r#""127.0.0.1""#,
        r#""12""#,
        r#""null""#,
        r#""é€😀 in a text that is longer than a step""#,
        r#""a \" quote, a \\ slash, \u00e9 and \ud83d\ude00""#,
        r#""\ud800""#,
        r#""a text that ends in half a pair \udc00""#,
        r#"{"a":1}"#,
        r#"{"grey":1}"#,
        "[1,2]",
        "7",
        "1.5",
        "true",
        "null",
    ] {
        every_type(json);
    }
    every_type("\"a\tb\"");
    every_type("\"a text with a line's end \n far behind its begin\"");
}

#[test]
fn what_a_type_overlooks_is_still_read_to_its_end() {
    for json in [r#""x""#, r#""\n""#, "[1]", r#"["x"]"#, r#"{"a":"x"}"#] {
        same::<Lenient<u8>>(json);
        same::<Lenient<String>>(json);
        same::<Lenient<Struct>>(json);
        same::<Vec<Lenient<u8>>>(json);
    }
}

proptest! {
    #[test]
    fn any_text_is_the_same(text in prop_oneof![any::<String>(), "[ -~]{0,40}", "[a\"\\\\\n]{0,20}"]) {
        let json = serde_json::to_string(&text).unwrap();
        same::<String>(&json);
        same::<Value>(&json);
        same::<u64>(&json);
        // Not always JSON.
        same::<String>(&format!("\"{}\"", text.replace('"', "")));
    }
}
