//! Strings: found in big steps to need no escape, which is what most are, and copied whole.

/// How many bytes are looked at together: one register of every 64-bit processor.
const STEP: usize = 16;

/// Writes a text as a JSON string.
#[inline]
pub(in crate::event) fn quoted(buf: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    buf.reserve(bytes.len() + 2);
    buf.push(b'"');
    escaped(buf, bytes);
    buf.push(b'"');
}

/// Writes the inside of a JSON string.
#[inline]
pub(super) fn escaped(buf: &mut Vec<u8>, bytes: &[u8]) {
    if is_plain(bytes) {
        buf.extend_from_slice(bytes);
    } else {
        with_escapes(buf, bytes);
    }
}

/// Whether a byte cannot stand in a string as it is.
const fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Whether one of these bytes is special. No branches in it, so that the compiler makes it a few instructions on all of them at once.
#[inline]
fn any_special<const N: usize>(bytes: &[u8; N]) -> bool {
    let mut found = 0;
    for &byte in bytes {
        found |= u8::from(is_special(byte));
    }
    found != 0
}

/// Whether a text needs no escapes.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    if steps.iter().any(any_special) {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    // What does not fill a step is looked at together with bytes before it that have been looked at already.
    match bytes.last_chunk::<STEP>() {
        Some(last) => !any_special(last),
        None => short_is_plain(bytes),
    }
}

/// As [`is_plain`] for less than a step: the first and the last bytes overlap.
#[inline]
fn short_is_plain(bytes: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return !word_is_special(u64::from_le_bytes(*first)) && !word_is_special(u64::from_le_bytes(*last));
    }
    !bytes.iter().copied().any(is_special)
}

/// [`any_special`] for eight bytes in a word: a byte below `n`, less `n`, borrows into its highest bit, which it did not have.
const fn word_is_special(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let control = word.wrapping_sub(ONES * 0x20);
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    (control | quote | backslash) & !word & (ONES * 0x80) != 0
}

#[inline(never)]
fn with_escapes(buf: &mut Vec<u8>, mut bytes: &[u8]) {
    loop {
        let plain = plain_len(bytes);
        buf.extend_from_slice(bytes.get(..plain).unwrap_or_default());
        let Some((&byte, rest)) = bytes.get(plain..).and_then(<[u8]>::split_first) else { return };
        escape(buf, byte);
        bytes = rest;
    }
}

/// How many bytes come before the first special one.
fn plain_len(bytes: &[u8]) -> usize {
    let (steps, _) = bytes.as_chunks::<STEP>();
    let skipped = steps.iter().take_while(|step| !any_special(step)).count() * STEP;
    let rest = bytes.get(skipped..).unwrap_or_default();
    skipped + rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len())
}

/// The shortest escape of a byte, as serde_json and JavaScript write it.
fn escape(buf: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xf)]);
            return buf.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
        }
    };
    buf.extend_from_slice(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte that a text can begin a character with, at every place of texts around the lengths where the way of looking changes.
    #[test]
    fn a_special_byte_is_found_wherever_it_stands() {
        for len in 1..=3 * STEP {
            for at in 0..len {
                for byte in 0..=0x7f {
                    let mut text = vec![b'a'; len];
                    text[at] = byte;
                    assert_eq!(is_plain(&text), !is_special(byte), "{byte:#x} at {at} of {len}");
                    let text = String::from_utf8(text).unwrap();
                    let mut buf = Vec::new();
                    quoted(&mut buf, &text);
                    assert_eq!(String::from_utf8(buf).unwrap(), serde_json::to_string(&text).unwrap());
                }
            }
        }
    }

    #[test]
    fn bytes_of_longer_characters_are_plain() {
        for byte in 0x80..=0xff {
            assert!(is_plain(&[byte; 7]) && is_plain(&[byte; 8]) && is_plain(&[byte; 16]));
        }
    }
}
