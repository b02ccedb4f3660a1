//! Patterns with parameters: a namespace's path, `/room-{id}`, or a room's name.

use std::borrow::Cow;

/// A parameter in the path of a dynamic namespace, or in the name of a room.
///
/// Integers are digits only, so that no two spellings but those with leading zeros mean the same; a `String` is anything that is not
/// empty and has no slash. Implement it for types of your own.
///
/// An implementation need not know where in the path the parameter stands: in one that another follows, the character that ends it is
/// escaped after [`write`](Self::write) and back before [`parse`](Self::parse).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a path or of a room's name",
    label = "needs `sockeye::PathParam`",
    note = "unsigned integers and `String` can; implement `sockeye::PathParam` for types of your own"
)]
pub trait PathParam: Sized {
    /// Reads the parameter; `None` makes the path an invalid namespace.
    fn parse(text: &str) -> Option<Self>;
    /// Writes it, so that [`parse`](Self::parse) would read it again.
    fn write(&self, path: &mut String);
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl PathParam for $ty {
            fn parse(text: &str) -> Option<Self> {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                if digits { text.parse().ok() } else { None }
            }

            fn write(&self, path: &mut String) {
                path.push_str(&self.to_string());
            }
        }
    )*};
}

integers! { u8 u16 u32 u64 u128 usize }

impl PathParam for String {
    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains('/')).then(|| text.to_owned())
    }

    fn write(&self, path: &mut String) {
        path.push_str(self);
    }
}

/// Takes the parameters out of a path. `literals` are the `N + 1` pieces around them; a parameter ends where the next piece begins for
/// the first time, the last one at the end.
#[must_use]
pub fn match_path<'a, const N: usize>(path: &'a str, literals: &[&str]) -> Option<[&'a str; N]> {
    let mut found = [""; N];
    let (first, others) = literals.split_first()?;
    let mut rest = path.strip_prefix(first)?;
    for (index, (slot, literal)) in found.iter_mut().zip(others).enumerate() {
        let is_last = index + 1 == N;
        let end = if is_last { rest.len().checked_sub(literal.len())? } else { rest.find(literal)? };
        let (param, after) = rest.split_at_checked(end)?;
        rest = after.strip_prefix(literal)?;
        *slot = param;
    }
    rest.is_empty().then_some(found)
}

/// Where a parameter has been written from `start` on, and `next` follows: writes `%` and hexadecimal digits for the first character
/// of `next`, and for `%`, so that the parameter ends where `next` begins for the first time. That is neither `%` nor such a digit.
#[doc(hidden)]
pub fn escape(text: &mut String, start: usize, next: &str) {
    let end = next.chars().next();
    let special = |letter: char| letter == '%' || Some(letter) == end;
    if !text.get(start..).is_some_and(|param| param.contains(special)) {
        return;
    }
    let param = text.split_off(start);
    for letter in param.chars() {
        if special(letter) {
            for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                text.push('%');
                text.extend(
                    [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
                );
            }
        } else {
            text.push(letter);
        }
    }
}

/// What [`escape`] was given; `None` for what it does not write before `next`.
#[doc(hidden)]
#[must_use]
pub fn unescape<'a>(text: &'a str, next: &str) -> Option<Cow<'a, str>> {
    if next.chars().next().is_some_and(|end| text.contains(end)) {
        return None;
    }
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            bytes.push(u8::try_from(high << 4 | low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let param = String::from_utf8(bytes).ok()?;
    let mut written = param.clone();
    escape(&mut written, 0, next);
    (written == text).then_some(Cow::Owned(param))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_parameter_is_escaped_in_it() {
        for (param, next, written) in [
            ("a", ":", "a"),
            ("a:b%c", ":", "a%3Ab%25c"),
            ("aé", "é!", "a%C3%A9"),
            ("%3A", ":", "%253A"),
            ("a:", "", "a:"),
        ] {
            let mut text = format!("x:{param}");
            escape(&mut text, 2, next);
            assert_eq!(&text[2..], written);
            assert_eq!(unescape(written, next).as_deref(), Some(param));
        }
        for bad in ["%", "%4", "%4g", "%FF", "%+1", "a%é", "a:b", "%3a", "%41", "%2D"] {
            assert_eq!(unescape(bad, ":"), None, "{bad}");
        }
    }

    #[test]
    fn parameters_stand_between_the_literal_pieces() {
        assert_eq!(match_path("/room-7", &["/room-", ""]), Some(["7"]));
        assert_eq!(match_path("/a/x-1/b", &["/a/", "-", "/b"]), Some(["x", "1"]));
        assert_eq!(match_path("/a/x-1-2/b", &["/a/", "-", "/b"]), Some(["x", "1-2"]));
        assert_eq!(match_path::<1>("/room", &["/room-", ""]), None);
        assert_eq!(match_path::<1>("/room-7/x", &["/room-", "/y"]), None);
        assert_eq!(match_path::<1>("/b", &["/", "/b"]), None);
        assert_eq!(match_path::<1>("é", &["é", "é"]), None);
    }

    #[test]
    fn integers_are_digits_only() {
        assert_eq!(u32::parse("7"), Some(7));
        for bad in ["", "+7", "-7", " 7", "7 ", "x", "4294967296", "٧"] {
            assert_eq!(u32::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn texts_are_one_segment() {
        assert_eq!(String::parse("a b"), Some("a b".to_owned()));
        assert_eq!(String::parse(""), None);
        assert_eq!(String::parse("a/b"), None);
    }
}
