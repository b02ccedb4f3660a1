//! The name of an event: the first element of its array.

use std::borrow::Cow;

use super::{
    PacketError,
    json::{self, skip_space},
    scan,
};

/// Splits the inside of an event's array into the name and the text after the comma, which is empty if nothing follows.
pub(super) fn split(inside: &str) -> Result<(Cow<'_, str>, &str), PacketError> {
    let inside = skip_space(inside);
    let (name, rest) = match inside.strip_prefix('"') {
        Some(text) => string(text).ok_or(PacketError::EventName)?,
        None => number(inside).ok_or(PacketError::EventName)?,
    };
    let rest = skip_space(rest);
    match rest.strip_prefix(',') {
        None if rest.is_empty() => Ok((name, rest)),
        // `["name",]`
        Some(arguments) if !skip_space(arguments).is_empty() => Ok((name, arguments)),
        _ => Err(PacketError::NotAnArray),
    }
}

/// Reads a string from behind its opening quote; gives it and what follows its closing quote.
fn string(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let (plain, rest) = text.split_at_checked(scan::plain_len(text.as_bytes()))?;
    match rest.strip_prefix('"') {
        Some(rest) => Some((plain.into(), rest)),
        None => escaped(text, plain),
    }
}

#[cold]
fn escaped<'a>(text: &'a str, plain: &str) -> Option<(Cow<'a, str>, &'a str)> {
    let mut name = String::from(plain);
    let mut chars = text.get(plain.len()..)?.chars();
    loop {
        match chars.next()? {
            '"' => return Some((name.into(), chars.as_str())),
            '\\' => name.push(match chars.next()? {
                letter @ ('"' | '\\' | '/') => letter,
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let (letter, rest) = unicode(chars.as_str())?;
                    chars = rest.chars();
                    letter
                }
                _ => return None,
            }),
            letter if letter < ' ' => return None,
            letter => name.push(letter),
        }
    }
}

/// Four hexadecimal digits, and four more if they are one half of a pair. A half alone, which JavaScript can send and no Rust
/// string can hold, becomes U+FFFD.
fn unicode(text: &str) -> Option<(char, &str)> {
    let (high, rest) = hex(text)?;
    if (0xd800..0xdc00).contains(&high)
        && let Some((low @ 0xdc00..0xe000, rest)) = rest.strip_prefix("\\u").and_then(hex)
    {
        let letter = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(letter)?, rest));
    }
    Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), rest))
}

fn hex(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    // `from_str_radix` would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

/// Reads a number. Its name is the number as it is written, which is what JavaScript makes of those that it has written.
fn number(text: &str) -> Option<(Cow<'_, str>, &str)> {
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    let (number, rest) = text.split_at_checked(json::value_end(text, 0)?)?;
    json::is_json(number).then_some((number.into(), rest))
}
