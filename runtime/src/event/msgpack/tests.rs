//! Values against what notepack 2.2 writes, against serde_json, and against noise.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    net::IpAddr,
};

use proptest::prelude::*;
use serde::{Deserialize, Serialize, Serializer, de::IgnoredAny, ser::SerializeMap};
use serde_json::value::RawValue;

use super::*;
use crate::event::{ArgReader, Object, Value};
use crate::protocol::socket_io::packet::{Body, Payload};

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Bytes {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn written<T: Serialize + ?Sized>(value: &T) -> Bytes {
    let mut buf = Vec::new();
    write(&mut buf, value).unwrap();
    let mut tokens = Tokens::new(&buf);
    assert_eq!((tokens.skip(), tokens.rest), (Some(()), &[][..]), "one whole value");
    buf.into()
}

fn from_hex<T: DeserializeOwned>(hex: &str) -> Result<T, String> {
    read(&bytes(hex)).map_err(|error| error.to_string())
}

/// Writes and reads it, and proves that it means what its JSON does.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> String {
    let data = written(value);
    assert_eq!(&read::<T>(&data).unwrap(), value);
    hex(&data)
}

fn like_json<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> String {
    let json: Value = serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap();
    assert_eq!(read::<Value>(&written(value)).unwrap(), json);
    // JavaScript sends back what it was sent, in its own way of writing it.
    assert_eq!(&read::<T>(&written(&json)).unwrap(), value);
    round_trip(value)
}

#[test]
fn numbers_are_written_as_notepack_writes_them() {
    let numbers: [i64; 20] = [
        0,
        127,
        128,
        255,
        256,
        65535,
        65536,
        4_294_967_295,
        4_294_967_296,
        9_007_199_254_740_991,
        -1,
        -32,
        -33,
        -128,
        -129,
        -32768,
        -32769,
        -2_147_483_648,
        -2_147_483_649,
        -9_007_199_254_740_991,
    ];
    let expected = "dc0014007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000cf001fffffffffffffffe0d0dfd080\
        d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffffd3ffe0000000000001";
    assert_eq!(like_json(&numbers.to_vec()), expected);
    assert_eq!(like_json(&[0.5, -1.5]), "92cb3fe0000000000000cbbff8000000000000");
    // Whole floats are JavaScript's integers, and it has no single precision.
    assert_eq!(round_trip(&vec![0.0, -7.0, 1e15]), "9300f9cf00038d7ea4c68000");
    assert_eq!(round_trip(&0.1f32), "cb3fb99999a0000000");
    assert!(read::<f64>(&written(&f64::NAN)).unwrap().is_nan());
    assert_eq!(
        round_trip(&(u128::from(u64::MAX), i128::from(i64::MIN))),
        "92cfffffffffffffffffd38000000000000000"
    );
    assert_eq!(hex(&written(&(1u128 << 100))), hex(&written(&((1u128 << 100) as f64))));
}

#[test]
fn texts_bytes_and_objects_are_written_as_notepack_writes_them() {
    let texts = [String::new(), "a".repeat(31), "a".repeat(32), "b".repeat(300), "漢👩".to_owned()];
    let [a31, a32, b300] = [(31, "61"), (32, "61"), (300, "62")].map(|(n, digits)| digits.repeat(n));
    assert_eq!(like_json(&texts.to_vec()), format!("95a0bf{a31}d920{a32}da012c{b300}a7e6bca2f09f91a9"));
    let json = r#"{"a":{},"b":[],"c":[null,false,true],"":{"x":{"y":1}}}"#;
    let value: Value = serde_json::from_str(json).unwrap();
    assert_eq!(like_json(&value), "84a16180a16290a16393c0c2c3a081a17881a17901");
    assert_eq!(round_trip(&(Bytes::new(), Bytes::from_static(&[0xff]))), "92c400c401ff");
    assert_eq!(&round_trip(&Bytes::from(vec![7; 300]))[..10], "c5012c0707");
    assert_eq!(&round_trip(&Bytes::from(vec![7; 70_000]))[..14], "c6000111700707");
}

#[test]
fn what_only_notepack_has_is_read() {
    // `[undefined, new Date(951782400000), new Date(-1), new Date(0)]`
    let read = from_hex::<Value>("94d40000d700000000dd9aa6e000d700ffffffffffffffffd7000000000000000000");
    let texts =
        ["2000-02-29T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z"].map(Value::from);
    assert_eq!(read, Ok(Value::Array([vec![Value::Null], texts.to_vec()].concat())));
    assert_eq!(from_hex("d40000"), Ok(None::<u8>));
    assert_eq!(from_hex("d40000"), Ok(()));
    // An ArrayBuffer of two bytes, one of eight, a Float32Array, an empty one, one of a single byte.
    let read = from_hex::<Vec<Bytes>>("95c702000102c708000000000000000000c704000000803fc70000c7010000");
    let expected: [&[u8]; 5] = [&[1, 2], &[0; 8], &[0, 0, 128, 63], &[], &[0]];
    assert_eq!(read, Ok(expected.map(Bytes::copy_from_slice).to_vec()));
    // Newer notepacks write the format's own timestamps.
    for (hex, text) in [
        ("d6ff00000001", "1970-01-01T00:00:01.000Z"),
        ("d7ff3b9aca0000000001", "1970-01-01T00:00:01.250Z"),
        ("c70cff3b9ac9ffffffffffffffffff", "1969-12-31T23:59:59.999Z"),
    ] {
        assert_eq!(from_hex::<String>(hex).as_deref(), Ok(text), "{hex}");
    }
    for (hex, kind) in [("d50501ff", 5), ("c701fe00", -2), ("d50001ff", 0), ("d7007fffffffffffffff", 0)] {
        assert_eq!(from_hex::<Value>(hex), Err(format!("an unknown extension, {kind}")), "{hex}");
    }
}

#[test]
fn types_mean_what_they_mean_in_json() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum External {
        Unit,
        One(u8),
        Two(u8, String),
        Named { x: Option<u8>, y: () },
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Internal {
        A { n: i64 },
        B,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u8),
        Text(String),
        List(Vec<bool>),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, External>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Unit;
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Meters(f64);

    assert_eq!(like_json(&External::Unit), "a4556e6974");
    assert_eq!(like_json(&External::Two(1, "a".into())), "81a354776f9201a161");
    like_json(&[External::One(1), External::Named { x: None, y: () }]);
    like_json(&[Internal::A { n: -5 }, Internal::B]);
    like_json(&[Untagged::Number(1), Untagged::Text("a".into()), Untagged::List(vec![true])]);
    like_json(&Flat {
        id: 1,
        rest: BTreeMap::from([("u".into(), External::Unit), ("o".into(), External::One(7))]),
    });
    like_json(&(Unit, Meters(1.5), 'é', ()));
    assert_eq!(like_json(&"::1".parse::<IpAddr>().unwrap()), "a33a3a31");
    // Keys are texts, whatever they were.
    assert_eq!(like_json(&BTreeMap::from([(-7i32, true)])), "81a22d37c3");
    like_json(&BTreeMap::from([(true, 1), (false, 2)]));
    like_json(&HashMap::from([('x', 1)]));
    // Those of other languages may be numbers.
    assert_eq!(from_hex("8107c3"), Ok(BTreeMap::from([(7u8, true)])));
    assert_eq!(
        from_hex("82fdc3c2c2"),
        Ok(BTreeMap::from([("-3".to_owned(), true), ("false".to_owned(), false)]))
    );
    assert_eq!(written_error(&HashMap::from([(vec![1u8], 1)])), "key must be a string");
}

fn written_error<T: Serialize>(value: &T) -> String {
    write(&mut Vec::new(), value).unwrap_err().to_string()
}

#[test]
fn bytes_stand_where_they_are_in_every_shape() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Internal {
        Image { data: Bytes },
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u8),
        Data { data: Vec<Bytes> },
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        rest: HashMap<String, Option<Bytes>>,
    }
    let data = Bytes::from_static(b"x");
    round_trip(&Internal::Image { data: data.clone() });
    round_trip(&Untagged::Data { data: vec![data.clone(); 20] });
    round_trip(&Flat { rest: HashMap::from([("a".into(), Some(data))]) });
    assert_eq!(from_hex("9201ccff"), Ok(Bytes::from_static(&[1, 255])));
}

#[test]
fn raw_json_becomes_the_value_it_stands_for_and_back() {
    let raw = RawValue::from_string(r#"{"a":[1,-2.5,null,"é"]}"#.to_owned()).unwrap();
    let data = written(&raw);
    assert_eq!(hex(&data), "81a1619401cbc004000000000000c0a2c3a9");
    assert_eq!(read::<Box<RawValue>>(&data).unwrap().get(), raw.get());
    let value: serde_json::Value = read(&data).unwrap();
    assert_eq!(written(&value), data);
}

#[test]
fn a_length_that_was_not_known_or_wrong_is_put_right() {
    struct Odd(Option<usize>, usize);
    impl Serialize for Odd {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(self.0)?;
            for n in 0..self.1 {
                map.serialize_entry(&n, &[n])?;
            }
            map.end()
        }
    }
    for count in [0, 1, 15, 16, 70_000] {
        for announced in [None, Some(3), Some(20), Some(count)] {
            let map: BTreeMap<usize, [usize; 1]> =
                read(&written(&[Odd(announced, count)])).map(|[map]: [_; 1]| map).unwrap();
            assert_eq!(map.len(), count);
        }
    }
}

#[test]
fn a_value_of_another_shape_is_an_error_with_its_path() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct User {
        tags: Vec<u8>,
    }
    let data = [&[0x92, 0xa1, b'e'][..], &written(&BTreeMap::from([("tags", ["a"])]))].concat();
    let payload = Payload { body: Body::MsgPack(data.into()), attachments: Vec::new() };
    let (_, mut args) = ArgReader::event(&payload).unwrap();
    assert_eq!(
        args.arg::<User>("user").unwrap_err().to_string(),
        "argument 1 `user` of `e`: at .tags[0]: invalid type: string \"a\", expected u8"
    );
    for (hex, error) in [
        ("92a1ff01", "a text is not utf-8"),
        ("93010203", "invalid length 3, expected 2 elements"),
        ("9201", "the messagepack is cut off"),
    ] {
        assert_eq!(from_hex::<(Value, Value)>(hex).map(drop), Err(error.to_owned()), "{hex}");
    }
}

#[test]
fn depth_is_bounded_as_serde_json_bounds_it() {
    let nested = |depth: usize| Bytes::from([vec![0x91; depth], vec![0xc0]].concat());
    assert!(read::<Value>(&nested(127)).is_ok());
    assert!(read::<Value>(&nested(128)).is_ok());
    for depth in [129, 1_000_000] {
        assert_eq!(read::<Value>(&nested(depth)).unwrap_err().to_string(), "recursion limit exceeded");
    }
    // Nobody reads it: nobody minds.
    assert!(read::<IgnoredAny>(&nested(1_000_000)).is_ok());
}

#[test]
fn bytes_that_are_most_of_a_message_are_shared_and_others_copied() {
    let message = |data: &Bytes| {
        let body = Bytes::from([&[0x92, 0xa1, b'e'][..], &written(data)].concat());
        Payload { body: Body::MsgPack(body), attachments: Vec::new() }
    };
    for (len, shared) in [(1, false), (1000, true)] {
        let payload = message(&Bytes::from(vec![7; len]));
        let Body::MsgPack(body) = &payload.body else { unreachable!() };
        let (_, mut args) = ArgReader::event(&payload).unwrap();
        let data: Bytes = args.arg("data").unwrap();
        assert_eq!((data.len(), body.as_ptr_range().contains(&data.as_ptr())), (len, shared));
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("comes back as an integer", |value| value.fract() != 0.0)
            .prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(|data| Value::Binary(data.into())),
    ];
    leaf.prop_recursive(4, 40, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Value::Array),
            prop::collection::vec((".{0,5}", inner), 0..20)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Object>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_value_comes_back_as_it_went(value in any_value()) {
        prop_assert_eq!(read::<Value>(&written(&value)).unwrap(), value);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        data in prop::collection::vec(
            prop_oneof![
                any::<u8>(),
                prop::sample::select(vec![0x81u8, 0x91, 0x92, 0xa1, 0xc7, 0xd4, 0xd7, 0xdd, 0xdf, 0xff]),
            ],
            0..48,
        ),
    ) {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "only decoded")]
        enum Shapes { Unit, One(Bytes), Two(u8, String), Named { x: Option<Box<RawValue>> } }
        let data = Bytes::from(data);
        let _ = read::<Value>(&data);
        let _ = read::<Vec<Shapes>>(&data);
        let _ = read::<HashMap<u8, (f32, Option<char>)>>(&data);
        let _ = read::<IgnoredAny>(&data);
        let payload = Payload { body: Body::MsgPack(data), attachments: Vec::new() };
        let _ = ArgReader::ack(&payload).rest();
        if let Ok((_, mut args)) = ArgReader::event(&payload) {
            let _ = args.arg::<Bytes>("data");
            let _ = args.rest();
            let _ = args.finish();
        }
    }
}
