//! Just enough of JSON: where a value ends, and whether a text is one. Neither builds anything, neither recurses.

use memchr::memchr2;
use serde::de::IgnoredAny;

use super::scan;

/// The characters that JSON allows between its tokens.
pub(super) const WHITESPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// A text from its first token on.
#[inline]
pub(crate) fn skip_space(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(b' ' | b'\t' | b'\n' | b'\r') => text.trim_start_matches(WHITESPACE),
        _ => text,
    }
}

/// The inside of the string that a text begins with, and what follows its closing quote, if it is one without escapes.
#[inline]
pub(crate) fn plain_string(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let (inside, rest) = text.split_at_checked(scan::plain_len(text.as_bytes()))?;
    Some((inside, rest.strip_prefix('"')?))
}

/// Where the value that begins at byte `start` of `text` ends, if `text` is JSON. `None` if it does not end, or if no value
/// begins there.
///
/// It only counts brackets and skips strings: what is wrong inside the value is for its reader to find. Never panics, whatever
/// the text; an end lies between characters.
#[must_use]
pub fn value_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    match *text.get(start..)?.as_bytes().first()? {
        b'"' => string_end(bytes, start + 1),
        b'[' | b'{' => brackets_end(bytes, start),
        b',' | b':' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r' => None,
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b':' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
            let len = bytes.get(start..)?.iter().position(ends);
            Some(len.map_or(bytes.len(), |len| start + len))
        }
    }
}

/// The end of a string from behind its opening quote.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    // Most are short: names, keys.
    if let Some(found) = bytes.get(at..)?.first_chunk().and_then(scan::first_special)
        && bytes.get(at + found) == Some(&b'"')
    {
        return Some(at + found + 1);
    }
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)? + 1;
        if bytes.get(at - 1) == Some(&b'"') {
            return Some(at);
        }
        // What is escaped may be a character of several bytes if the text is not JSON; none of their bytes looks like a quote.
        at += 1;
    }
}

/// The end of the array or object whose bracket stands at `at`.
fn brackets_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0usize;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'"' => at = string_end(bytes, at)?,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                // The first byte is an opening one, so the depth is at least one here.
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
}

/// Whether `text` is JSON, as `JSON.parse` sees it: of any depth, with numbers of any size, and with halves of surrogate pairs
/// in its strings.
///
/// For the cold path: what serde refuses may still be JSON (too deep, a half of a pair), and then costs one event; what is not
/// JSON costs the connection.
#[must_use]
pub fn is_json(text: &str) -> bool {
    // Skips values with a stack on the heap, not the thread's, and does not look at what escapes and numbers mean.
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_value_ends_where_its_brackets_or_quotes_close() {
        for (text, start, end) in [
            ("1,2", 0, 1),
            ("1,2", 2, 3),
            (r#""a\"]",1"#, 0, 6),
            (r#"{"a":[1,"]}"]},2"#, 0, 14),
            ("[[]]]", 0, 4),
            ("true ,", 0, 4),
            (r#""\\","#, 0, 4),
        ] {
            assert_eq!(value_end(text, start), Some(end), "{text}");
        }
        for (text, start) in [
            ("", 0),
            ("1", 1),
            ("1", 9),
            (",1", 0),
            ("\"a", 0),
            ("\"a\\\"", 0),
            ("[\"]", 0),
            ("é", 1),
            ("[[]", 0),
        ] {
            assert_eq!(value_end(text, start), None, "{text}");
        }
    }

    #[test]
    fn what_json_parse_takes_is_json() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        for text in
            [r#""\ud800""#, r#"{"\udfff":"\ud83d\ude00"}"#, "1e999999", "-0.5E+7", " [ ] ", &deep, "null"]
        {
            assert!(is_json(text), "{:.40}", text);
            assert_eq!(value_end(text.trim(), 0), Some(text.trim().len()));
        }
    }

    #[test]
    fn what_json_parse_refuses_is_not() {
        let open = "[".repeat(200_000);
        for text in [
            "",
            " ",
            "[",
            "]",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "'a'",
            "\"\t\"",
            r#""\x""#,
            r#""\u12""#,
            "nul",
            "NaN",
            "[1 2]",
            "1 2",
            "[}",
            "\u{feff}1",
            "\u{a0}1",
            "// a\n1",
            &open,
        ] {
            assert!(!is_json(text), "{:.40}", text);
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
            r#"[\[\]{}",\\:a ]*"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((r#"[\[\]"\\a]*"#, inner), 0..6)
                    .prop_map(|entries| entries.into_iter().collect()),
            ]
        })
    }

    /// Texts that are nearly JSON.
    fn tokens() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "[", "]", "{", "}", ",", ":", "\"", "\"a\"", "\"\":", "\\", "\\u", "d800", "é", "1", "-", "0",
            ".", "e", "true", "null", " ", "\n", "\u{1}",
        ]);
        prop::collection::vec(token, 0..14).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn the_end_of_a_value_is_found(value in value(), rest in r#"[ ,\]}].*"#) {
            let text = value.to_string();
            prop_assert!(is_json(&text));
            prop_assert_eq!(value_end(&text, 0), Some(text.len()));
            prop_assert_eq!(value_end(&format!("{text}{rest}"), 0), Some(text.len()));
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(value_end(&pretty, 0), Some(pretty.len()));
        }

        #[test]
        fn no_text_is_too_strange(text in prop_oneof![tokens(), ".*"], start in 0usize..20) {
            if let Some(end) = value_end(&text, start) {
                prop_assert!(end > start && text.is_char_boundary(end));
            }
            // What serde_json reads is JSON; what it does not read may be (pairs, numbers out of range).
            if serde_json::from_str::<Value>(&text).is_ok() {
                prop_assert!(is_json(&text));
                let text = text.trim();
                prop_assert_eq!(value_end(text, 0), Some(text.len()));
            } else if is_json(&text) {
                prop_assert!(text.contains("\\u") || text.contains('e'));
            }
        }
    }
}
