//! Against serde_json, byte by byte.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use super::*;

fn ours<T: Serialize + ?Sized>(value: &T) -> std::result::Result<String, String> {
    let mut out = JsonWriter::default();
    value.serialize(&mut out).map_err(|error| error.to_string())?;
    assert!(out.attachments.is_empty());
    Ok(String::from_utf8(out.buf).unwrap())
}

#[track_caller]
fn same<T: Serialize + ?Sized>(value: &T) {
    assert_eq!(ours(value), serde_json::to_string(value).map_err(|error| error.to_string()));
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Newtype<T>(T);

#[derive(Serialize)]
struct Tuple<T>(T, u8);

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Named<T> {
    plain: T,
    #[serde(rename = "q\"uo\\te\n")]
    quoted: Option<Box<Named<T>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<T>,
}

#[derive(Serialize)]
struct Flat<T> {
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, T>,
}

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
enum Outer<T> {
    Unit,
    #[serde(rename = "new\ttype")]
    Newtype(T),
    Tuple(T, T),
    NoTuple(),
    Struct {
        a: T,
        b: Box<Outer<T>>,
    },
    NoStruct {},
}

#[derive(Serialize)]
#[serde(tag = "kind")]
enum Tagged<T> {
    One { value: T },
    Two,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Untagged<T> {
    One(T),
    Two(T, T),
}

struct Shown<'a>(&'a [&'a str]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| f.write_str(part))
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Does not say how many there are.
struct Streamed<'a, T>(&'a [T]);

impl<T: Serialize> Serialize for Streamed<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut seq = serializer.serialize_seq(None)?;
        self.0.iter().try_for_each(|value| seq.serialize_element(value))?;
        seq.end()
    }
}

fn shapes<T: Serialize + Clone>(value: &T) {
    let value = || value.clone();
    same(&value());
    same(&(value(), value()));
    same(&[value(), value(), value()]);
    same(&Some(Newtype(value())));
    same(&None::<T>);
    same(&vec![Tuple(value(), 1), Tuple(value(), 255)]);
    let inner = Named { plain: value(), quoted: None, absent: None };
    same(&Named { plain: value(), quoted: Some(inner.into()), absent: Some(value()) });
    same(&Flat { a: 1, rest: BTreeMap::from([("b".into(), value()), ("\u{1}".into(), value())]) });
    let inner = Outer::Struct { a: value(), b: Outer::Newtype(value()).into() };
    same(&[inner, Outer::Unit, Outer::Tuple(value(), value()), Outer::NoTuple(), Outer::NoStruct {}]);
    same(&Tagged::One { value: value() });
    same(&[Untagged::One(value()), Untagged::Two(value(), value())]);
    same(&Streamed(&[value(), value()]));
    same(&Streamed::<T>(&[]));
}

#[test]
fn every_shape_is_written_as_serde_json_writes_it() {
    shapes(&());
    shapes(&true);
    shapes(&'\u{7}');
    shapes(&i128::MIN);
    shapes(&u128::MAX);
    shapes(&HashMap::<String, u8>::new());
    same(&Unit);
    same(&Empty {});
    same(&Tagged::<u8>::Two);
    same(&Vec::<u8>::new());
    same(&(i8::MIN, i16::MIN, i32::MIN, i64::MIN, u8::MAX, u16::MAX, u32::MAX, u64::MAX));
    same(&(f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f32::NAN, f32::INFINITY, f32::NEG_INFINITY));
    same(&Shown(&["a\"", "", "\u{0}\u{1f} and a longer part \\ of it", "é\u{2028}"]));
}

#[test]
fn keys_are_texts_or_what_makes_one() {
    fn keys<K: Serialize + Ord + Clone>(key: &K) {
        same(&BTreeMap::from([(key.clone(), 1)]));
        same(&BTreeMap::from([(Newtype2(Some(key.clone())), 2)]));
    }
    #[derive(Clone, Eq, Ord, PartialEq, PartialOrd, Serialize)]
    struct Newtype2<T>(T);
    #[derive(Clone, Eq, Ord, PartialEq, PartialOrd, Serialize)]
    struct Unit2;
    #[derive(Clone, Eq, Ord, PartialEq, PartialOrd, Serialize)]
    struct Struct2 {}

    keys(&"a\"b");
    keys(&'"');
    keys(&false);
    keys(&(i8::MIN));
    keys(&(i16::MIN));
    keys(&(i32::MIN));
    keys(&(i64::MIN));
    keys(&(i128::MIN));
    keys(&(u8::MAX));
    keys(&(u16::MAX));
    keys(&(u32::MAX));
    keys(&(u64::MAX));
    keys(&(u128::MAX));
    keys(&Outer::<u8>::Unit);
    keys(&std::net::Ipv4Addr::LOCALHOST);
    // None of these is a text.
    keys(&None::<u8>);
    keys(&());
    keys(&Unit2);
    keys(&Struct2 {});
    keys(&(1, 2));
    keys(&vec![1]);
    keys(&BTreeMap::from([(1, 2)]));
    keys(&Outer::Newtype(1));
    keys(&Outer::Tuple(1, 2));
    keys(&Outer::Struct { a: 1, b: Outer::Unit.into() });
    assert_eq!(ours(&BTreeMap::from([((), 1)])).unwrap_err(), "key must be a string");
}

/// A map of pairs, for keys that cannot be in one.
struct Pair<K>(K);

impl<K: Serialize> Serialize for Pair<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.0, 1)])
    }
}

#[test]
fn floats_are_keys_if_they_are_numbers() {
    same(&Pair(1.5_f64));
    same(&Pair(0.1_f32));
    same(&Pair(f64::NAN));
    same(&Pair(f32::INFINITY));
    assert_eq!(ours(&Pair(2.0_f64)).unwrap(), r#"{"2":1}"#);
}

#[test]
fn raw_json_goes_through_as_it_is() {
    let raw = RawValue::from_string(r#"{ "a" : [1e2, "\u0041"] }"#.into()).unwrap();
    shapes(&raw);
    assert_eq!(ours(&(1, &raw)).unwrap(), r#"[1,{ "a" : [1e2, "\u0041"] }]"#);
}

#[test]
fn errors_of_a_serialize_come_through() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: serde::Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
            Err(S::Error::custom("not today"))
        }
    }
    struct Unshown;
    impl fmt::Display for Unshown {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Err(fmt::Error)
        }
    }
    impl Serialize for Unshown {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }
    assert_eq!(ours(&vec![Some(Fails)]).unwrap_err(), "not today");
    // serde_json panics.
    assert!(ours(&[Unshown]).is_err());
}

#[test]
fn bytes_are_taken_out_wherever_they_are() {
    let data = |data: &'static [u8]| Bytes::from_static(data);
    let mut out = JsonWriter::default();
    let value = BTreeMap::from([("a", vec![data(b"x"), data(b"")]), ("b", vec![]), ("c", vec![data(b"yz")])]);
    value.serialize(&mut out).unwrap();
    assert_eq!(
        String::from_utf8(out.buf).unwrap(),
        r#"{"a":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}],"b":[],"c":[{"_placeholder":true,"num":2}]}"#
    );
    assert_eq!(out.attachments, [data(b"x"), data(b""), data(b"yz")]);

    let mut out = JsonWriter::default();
    vec![data(b"x"); 12].serialize(&mut out).unwrap();
    assert_eq!((out.attachments.len(), out.attachment_count), (MAX_ATTACHMENTS, 12));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,80}",
        "[\\x00-\\x7f]{0,80}",
        prop::collection::vec(any::<char>(), 0..60).prop_map(|chars| chars.into_iter().collect()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn values_are_written_as_serde_json_writes_them(value in value()) {
        prop_assert_eq!(ours(&value), Ok(value.to_string()));
        shapes(&value);
    }

    #[test]
    fn texts_are_written_as_serde_json_writes_them(text in text(), number in any::<u64>(), map in any::<BTreeMap<i32, String>>()) {
        shapes(&text);
        same(&map);
        same(&BTreeMap::from([(Outer::<u8>::Unit, &text)]));
        same(&Shown(&[&text, "", &text]));
        same(&BTreeMap::from([(&text, Outer::Newtype(number))]));
    }

    /// Not always as serde_json writes them, but as JavaScript does: the same number.
    #[test]
    fn floats_are_written_as_the_same_number(double in any::<f64>(), single in any::<f32>()) {
        if double.is_finite() {
            prop_assert_eq!(ours(&double).unwrap().parse::<f64>().unwrap(), double);
            if double.fract() != 0.0 && double.abs() >= 1e-5 {
                same(&double);
            }
        }
        if single.is_finite() {
            prop_assert_eq!(ours(&single).unwrap().parse::<f32>().unwrap(), single);
        }
    }
}
