//! Strings: most need no escapes and are copied whole.

use crate::protocol::socket_io::scan;

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
    if scan::is_plain(bytes) {
        buf.extend_from_slice(bytes);
    } else {
        with_escapes(buf, bytes);
    }
}

#[inline(never)]
fn with_escapes(buf: &mut Vec<u8>, mut bytes: &[u8]) {
    while let Some((word, rest)) = bytes.split_first_chunk::<8>() {
        match scan::first_special(word).and_then(|at| word.split_at_checked(at)) {
            Some((plain, [special, ..])) => {
                buf.extend_from_slice(word);
                buf.truncate(buf.len() - word.len() + plain.len());
                escape(buf, *special);
                bytes = bytes.get(plain.len() + 1..).unwrap_or_default();
            }
            _ => {
                buf.extend_from_slice(word);
                bytes = rest;
            }
        }
    }
    for &byte in bytes {
        match scan::is_plain(&[byte]) {
            true => buf.push(byte),
            false => escape(buf, byte),
        }
    }
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

    #[test]
    fn every_byte_is_escaped_wherever_it_stands() {
        for len in 1..=40 {
            for at in 0..len {
                for byte in 0..=0x7f {
                    let mut text = vec![b'a'; len];
                    text[at] = byte;
                    text[len / 2] = b'"';
                    let text = String::from_utf8(text).unwrap();
                    let mut buf = Vec::new();
                    quoted(&mut buf, &text);
                    assert_eq!(String::from_utf8(buf).unwrap(), serde_json::to_string(&text).unwrap());
                }
            }
        }
    }
}
