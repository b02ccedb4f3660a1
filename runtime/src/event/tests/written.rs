//! The buffer that packets are written in is used again and again.

use serde::{Serializer, ser::Error};

use super::*;
use crate::protocol::frame::Frame;

fn text<T: Serialize>(value: &T) -> String {
    wire(&writer("/").ack(1, &|args| args.arg(value)).unwrap()).0
}

#[test]
fn a_packet_takes_no_more_than_its_own_length() {
    for len in [0, 10, 1000, 10_000] {
        let encoded = writer("/a").event(EventName::new("x", "\"x\""), None, &|args| {
            args.arg(&"y".repeat(len));
        });
        let Frame::Text { frame, .. } = encoded.unwrap().head else { panic!("text") };
        let len = frame.len();
        assert_eq!(frame.try_into_mut().unwrap().capacity(), len);
    }
}

#[test]
fn nothing_of_one_packet_is_in_the_next() {
    for (len, namespace) in [(30_000, "/"), (3, "/a"), (400_000, "/"), (0, "/a/longer/one"), (500, "/b")] {
        let body = "z".repeat(len);
        let encoded = writer(namespace).event(EventName::new("x", "\"x\""), Some(4), &|args| {
            args.arg(&body);
        });
        let namespace = if namespace == "/" { String::new() } else { format!("{namespace},") };
        assert_eq!(wire(&encoded.unwrap()).0, format!("2{namespace}4[\"x\",\"{body}\"]"));
    }
}

#[test]
fn a_packet_may_be_written_while_another_is() {
    struct Writes(u8);
    impl Serialize for Writes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                0 => serializer.serialize_str("end"),
                depth => serializer.serialize_some(&(depth, text(&Writes(depth - 1)), Writes(0))),
            }
        }
    }
    assert_eq!(text(&Writes(1)), r#"31[[1,"31[\"end\"]","end"]]"#);
    assert_eq!(text(&Writes(1)), r#"31[[1,"31[\"end\"]","end"]]"#);
}

#[test]
fn one_that_fails_or_panics_leaves_nothing_behind() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("not today"))
        }
    }
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("never")
        }
    }
    assert!(writer("/").ack(1, &|args| args.arg(&("half", Bytes::from_static(b"x"), Fails))).is_err());
    assert_eq!(text(&1), "31[1]");
    let panicking = std::panic::catch_unwind(|| text(&("half", Panics)));
    assert!(panicking.is_err());
    assert_eq!(text(&2), "31[2]");
}
