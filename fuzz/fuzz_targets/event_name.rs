//! The scan for an event's name and for the end of a value, against serde_json, which reads everything.
#![no_main]

use bytestring::ByteString;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use sockeye::protocol::socket_io::{
    json,
    packet::{Body, Payload},
};

fuzz_target!(|text: &str| {
    for start in [0, 1, text.len() / 2] {
        if let Some(end) = json::value_end(text, start) {
            assert!(end > start && text.is_char_boundary(end));
        }
    }
    if serde_json::from_str::<serde_json::Value>(text).is_ok() {
        assert!(json::is_json(text));
    }
    for text in [text.to_owned(), format!("[{text}]")] {
        let payload = Payload { body: Body::Json(ByteString::from(text.as_str())), attachments: Vec::new() };
        let found = payload.event_name();
        let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(&text) else { continue };
        let Some((first, arguments)) = values.split_first() else {
            assert!(found.is_err(), "an event without a name");
            continue;
        };
        if !text.starts_with('[') || !text.ends_with(']') {
            continue;
        }
        if let Ok(name) = serde_json::from_str::<String>(first.get()) {
            let (found, rest) = found.expect("an event");
            assert_eq!(found, name);
            let rest = format!("[{rest}]");
            let read: Vec<&RawValue> = serde_json::from_str(&rest).expect("arguments");
            assert!(read.iter().map(|value| value.get()).eq(arguments.iter().map(|value| value.get())));
        } else if let Ok((found, _)) = found {
            assert!(
                first.get().starts_with(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']),
                "{found}"
            );
        }
    }
});
