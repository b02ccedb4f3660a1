//! Values as they are shown: to a person, with the sizes of what is binary, or as JSON for a program.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use sockeye::{Value, event::Object};
use sockeye_examples::style::{Paint, Style, steers};

/// Characters of a value that is shown in one line; longer ones are indented.
const LINE: usize = 100;
/// Bytes of a binary value that are shown.
const SHOWN_BYTES: usize = 8;

/// Values for a person, with blanks between them: each in one line if it is short.
pub(crate) fn pretty<'a>(values: impl IntoIterator<Item = &'a Value>, style: Style) -> String {
    let texts: Vec<String> = values
        .into_iter()
        .map(|value| {
            let mut text = String::new();
            put(&mut text, value, Style::PLAIN, None);
            let indent = (text.chars().count() > LINE).then_some(0);
            if indent.is_some() || style != Style::PLAIN {
                text.clear();
                put(&mut text, value, style, indent);
            }
            text
        })
        .collect();
    texts.join(" ")
}

/// A value for a person, in one line.
pub(crate) fn one_line(value: &Value) -> String {
    let mut text = String::new();
    put(&mut text, value, Style::PLAIN, None);
    text
}

/// A text as JSON has it, without anything that steers a terminal.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if steers(c) => {
                // Writing to a text does not fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn put(out: &mut String, value: &Value, style: Style, indent: Option<usize>) {
    match value {
        Value::String(text) => out.push_str(&style.paint(Paint::Green, &quoted(text))),
        Value::Binary(data) => {
            let bytes: Vec<String> =
                data.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
            let more = if data.len() > SHOWN_BYTES { " …" } else { "" };
            let colon = if data.is_empty() { "" } else { ": " };
            let unit = if data.len() == 1 { "byte" } else { "bytes" };
            let text = format!("<{} {unit}{colon}{}{more}>", data.len(), bytes.join(" "));
            out.push_str(&style.paint(Paint::Magenta, &text));
        }
        Value::Array(list) => {
            let item = |out: &mut String, value: &Value, indent| put(out, value, style, indent);
            enclosed(out, ('[', ']'), list.iter(), indent, item);
        }
        Value::Object(object) => {
            let entry = |out: &mut String, (key, value): (&str, &Value), indent| {
                out.push_str(&style.paint(Paint::Blue, &quoted(key)));
                out.push_str(": ");
                put(out, value, style, indent);
            };
            enclosed(out, ('{', '}'), object.iter(), indent, entry);
        }
        other => {
            // `null`, `true`, numbers: as JSON writes them.
            let text = serde_json::to_string(other).unwrap_or_default();
            out.push_str(&style.paint(Paint::Yellow, &text));
        }
    }
}

fn enclosed<T>(
    out: &mut String,
    (open, close): (char, char),
    items: impl ExactSizeIterator<Item = T>,
    indent: Option<usize>,
    write: impl Fn(&mut String, T, Option<usize>),
) {
    let empty = items.len() == 0;
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    out.push(open);
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push_str(if indent.is_some() { "," } else { ", " });
        }
        if let Some(depth) = indent {
            line(out, depth + 1);
        }
        write(out, item, indent.map(|depth| depth + 1));
    }
    if let (false, Some(depth)) = (empty, indent) {
        line(out, depth);
    }
    out.push(close);
}

/// A value as JSON, in one line: bytes are `{"$binary":"…base64…","size":5}`.
pub(crate) fn json(value: &Value) -> String {
    to_json(&without_bytes(value))
}

/// JSON that can be shown at a terminal: only inside of texts is there anything that steers one.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    // Of texts, numbers and what holds them: it does not fail.
    let json = serde_json::to_string(value).unwrap_or_default();
    if !json.contains(steers) {
        return json;
    }
    json.chars().fold(String::with_capacity(json.len()), |mut safe, c| {
        if steers(c) {
            // Writing to a text does not fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
        safe
    })
}

/// A value whose bytes are put as JSON.
pub(crate) fn without_bytes(value: &Value) -> Value {
    match value {
        Value::Binary(data) => {
            let mut object = Object::new();
            object.insert("$binary", STANDARD.encode(data));
            object.insert("size", u64::try_from(data.len()).unwrap_or(u64::MAX));
            object.into()
        }
        Value::Array(list) => Value::Array(list.iter().map(without_bytes).collect()),
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key, without_bytes(value))).collect::<Object>().into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn parse(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn short_values_stand_in_one_line() {
        let values = [
            parse(r#"{"a":[1,null,"x\"y\n\u001b[2J\u009b"],"b":{}}"#),
            Value::from(Bytes::from_static(b"abc")),
        ];
        assert_eq!(
            pretty(&values, Style::PLAIN),
            r#"{"a": [1, null, "x\"y\n\u001b[2J\u009b"], "b": {}} <3 bytes: 61 62 63>"#
        );
    }

    #[test]
    fn long_values_are_indented() {
        let value = parse(&format!(r#"{{"text":"{}","list":[[],[1]]}}"#, "x".repeat(100)));
        let text = pretty([&value], Style::PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(&lines[2..], ["  \"list\": [", "    [],", "    [", "      1", "    ]", "  ]", "}"]);
    }

    #[test]
    fn bytes_have_their_size() {
        assert_eq!(one_line(&Bytes::new().into()), "<0 bytes>");
        assert_eq!(one_line(&Bytes::from_static(&[9]).into()), "<1 byte: 09>");
        assert_eq!(one_line(&Bytes::from(vec![255; 9]).into()), "<9 bytes: ff ff ff ff ff ff ff ff …>");
    }

    #[test]
    fn programs_get_json() {
        let list = Value::Array(vec![
            Bytes::from_static(&[1, 2, 3]).into(),
            parse(r#"{"a":1.5}"#),
            "\u{9b}2J".into(),
        ]);
        assert_eq!(json(&list), r#"[{"$binary":"AQID","size":3},{"a":1.5},"\u009b2J"]"#);
    }
}
