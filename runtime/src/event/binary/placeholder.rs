//! What stands for an attachment in the text.

use std::{borrow::Cow, cell::Cell};

use bytes::Bytes;
use serde::Deserialize;

/// The key that makes an object a placeholder.
pub(super) const MARK: &str = "_placeholder";

/// The attachments of one packet, handed out as placeholders are met.
///
/// No more are handed out than there are: a text could otherwise name one large attachment ten thousand times, and each
/// time is a copy.
#[derive(Debug)]
pub(crate) struct Attachments<'a> {
    list: &'a [Bytes],
    left: Cell<usize>,
    /// A placeholder was met that stands for nothing: official parsers close the connection for it.
    broken: Cell<bool>,
}

impl<'a> Attachments<'a> {
    pub(crate) fn new(list: &'a [Bytes]) -> Self {
        Self { list, left: Cell::new(list.len()), broken: Cell::new(false) }
    }

    /// The same, as if none had been handed out.
    pub(crate) fn renewed(&self) -> Self {
        Self::new(self.list)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn set_broken(&self) {
        self.broken.set(true);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    pub(super) fn take(&self, num: u64) -> Result<&'a Bytes, &'static str> {
        let found = usize::try_from(num).ok().and_then(|index| self.list.get(index));
        let Some(found) = found else {
            self.set_broken();
            return Err("the placeholder's number has no attachment");
        };
        let left = self.left.get().checked_sub(1).ok_or("there are more placeholders than attachments")?;
        self.left.set(left);
        Ok(found)
    }
}

/// A text that is one placeholder and nothing else.
pub(crate) fn lone_placeholder(text: &str, attachments: &Attachments<'_>) -> Option<Bytes> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Placeholder {
        _placeholder: bool,
        num: u64,
    }

    let found: Placeholder = serde_json::from_str(text).ok()?;
    if !found._placeholder {
        return None;
    }
    attachments.take(found.num).ok().cloned()
}

/// The same text with every placeholder's mark in front of its number.
///
/// Reading looks only at an object's first key. JavaScript always writes the mark first, but clients that keep the two in a
/// hash map (Swift, Java) do not.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    let mut result = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('{')) {
        let start = from + at;
        from = start + 1;
        if let Some((len, num)) = text.get(start..).and_then(reversed) {
            result.push_str(text.get(copied..start).unwrap_or_default());
            result.push_str("{\"_placeholder\":true,\"num\":");
            result.push_str(num);
            result.push('}');
            from = start + len;
            copied = from;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(result)
}

/// The length and the number of a placeholder that begins with its number. An unescaped quote after a brace cannot stand inside
/// a string, so that no string is mistaken for one.
fn reversed(text: &str) -> Option<(usize, &str)> {
    let rest = expect(text, "{")?;
    let rest = expect(rest, "\"num\"")?;
    let rest = expect(rest, ":")?.trim_start();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (num, rest) = rest.split_at_checked(digits).filter(|(num, _)| !num.is_empty())?;
    let rest = expect(rest, ",")?;
    let rest = expect(rest, "\"_placeholder\"")?;
    let rest = expect(rest, ":")?;
    let rest = expect(rest, "true")?;
    let rest = expect(rest, "}")?;
    Some((text.len() - rest.len(), num))
}

fn expect<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    text.trim_start().strip_prefix(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_before_the_mark_is_put_in_order() {
        assert_eq!(
            canonical(r#"[{"a":{"num":3,"_placeholder":true}},{ "num" : 4 , "_placeholder" : true }, "é"]"#),
            r#"[{"a":{"_placeholder":true,"num":3}},{"_placeholder":true,"num":4}, "é"]"#
        );
    }

    #[test]
    fn everything_else_is_left_alone() {
        for text in [
            r#"{"_placeholder":true,"num":0}"#,
            r#"{"num":1}"#,
            r#"{"num":1,"_placeholder":false}"#,
            r#"{"num":,"_placeholder":true}"#,
            r#""{\"num\":1,\"_placeholder\":true}""#,
            "{",
            "",
        ] {
            assert!(matches!(canonical(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn no_more_is_handed_out_than_there_is() {
        let list = [Bytes::from_static(b"a"), Bytes::from_static(b"b")];
        let attachments = Attachments::new(&list);
        assert!(attachments.take(0).is_ok());
        assert!(attachments.take(2).is_err());
        assert!(attachments.take(0).is_ok());
        assert!(attachments.take(1).is_err());
    }
}
