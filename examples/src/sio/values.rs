//! Values as they are entered: JSON, text, files. And the words of a line.

use bytes::Bytes;
use sockeye::Value;

use crate::{failure::Failure, options::read};

/// A value: JSON if it can be read as JSON, otherwise text; `@FILE` is the bytes of a file, `@@…` a text that begins with `@`.
pub(crate) fn value(word: &str) -> Result<Value, Failure> {
    match word.strip_prefix('@') {
        Some(text) if text.starts_with('@') => Ok(text.into()),
        Some("") => Err(Failure::usage("`@` without the name of a file")),
        Some(file) => Ok(Value::from(Bytes::from(read(file.into())?))),
        None => Ok(serde_json::from_str(word).unwrap_or_else(|_| word.into())),
    }
}

/// Several, in order.
pub(crate) fn values<'a>(words: impl IntoIterator<Item = &'a String>) -> Result<Vec<Value>, Failure> {
    words.into_iter().map(|word| value(word)).collect()
}

/// Whether a word looks like JSON, but is sent as text, since it is none.
pub(crate) fn is_almost_json(word: &str) -> bool {
    word.starts_with(['{', '[', '"']) && serde_json::from_str::<serde::de::IgnoredAny>(word).is_err()
}

/// The words of a line: separated by blanks, outside of quotes and of JSON's brackets.
///
/// `'…'` is taken as it stands, `"…"` knows `\"` and `\\`, and `\` takes the special meaning from the character behind it, as in a shell. But a word
/// that begins with `{`, `[` or `"` and is JSON up to its end is one word with all its quotes, so that JSON needs no quoting here.
pub(crate) fn words(line: &str) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let length = match json_length(rest) {
            Some(length) => {
                words.push(rest[..length].to_owned());
                length
            }
            None => {
                let (word, length) = shell_word(rest)?;
                words.push(word);
                length
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// How long the JSON is that a text begins with, if it does, and a blank or nothing follows.
fn json_length(text: &str) -> Option<usize> {
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    let length = values.byte_offset();
    text[length..].chars().next().is_none_or(char::is_whitespace).then_some(length)
}

fn shell_word(text: &str) -> Result<(String, usize), Failure> {
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => return Ok((word, at)),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '\\') => match chars.next() {
                Some((_, next)) => word.push(next),
                None => return Err(Failure::usage("nothing follows the last `\\`")),
            },
            (Some('"'), '\\') => match chars.next() {
                Some((_, next @ ('"' | '\\'))) => word.push(next),
                Some((_, next)) => word.extend(['\\', next]),
                None => {}
            },
            (_, c) => word.push(c),
        }
    }
    match quote {
        Some(quote) => Err(Failure::usage(format!("a {quote} is not closed"))),
        None => Ok((word, text.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn split(line: &str, expected: &[&str]) {
        assert_eq!(words(line).unwrap(), expected, "{line}");
    }

    #[test]
    fn words_are_those_of_a_shell() {
        split("", &[]);
        split("  post lobby  hi\t", &["post", "lobby", "hi"]);
        split(r#"post 'a "b" c' x"y z"'w' \'\ "#, &["post", "a \"b\" c", "xy zw", "' "]);
        split(r#"e x"a\"b\\c\d""#, &["e", r#"xa"b\c\d"#]);
        split("é '' ü", &["é", "", "ü"]);
    }

    #[test]
    fn json_needs_no_quotes() {
        split(
            r#"post {"a": [1, "x y"]} [1, 2] "a \n b" 7"#,
            &["post", r#"{"a": [1, "x y"]}"#, "[1, 2]", r#""a \n b""#, "7"],
        );
        // No JSON: as a shell would have it.
        split(r#"post {"a": 1"#, &["post", "{a:", "1"]);
        split(r#"post "a"b"#, &["post", "ab"]);
    }

    #[test]
    fn what_is_not_closed_is_said() {
        for line in ["a 'b", "a x\"b", "a \\"] {
            assert!(words(line).is_err(), "{line}");
        }
    }

    #[test]
    fn values_are_json_or_text_or_files() {
        assert_eq!(value("7").unwrap(), Value::from(7));
        assert_eq!(value("null").unwrap(), Value::Null);
        assert_eq!(value("\"7\"").unwrap(), Value::from("7"));
        assert_eq!(value("{a: 1}").unwrap(), Value::from("{a: 1}"));
        assert_eq!(value("@@home").unwrap(), Value::from("@home"));
        assert!(value("@/nowhere/at/all").is_err());
        assert!(value("@").is_err());
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(
            matches!(value(&format!("@{file}")).unwrap(), Value::Binary(bytes) if bytes.starts_with(b"[package]"))
        );
        assert!(is_almost_json("{a: 1}") && !is_almost_json("{\"a\": 1}") && !is_almost_json("a"));
    }
}
