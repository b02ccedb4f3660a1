//! Where a string stops being plain: its end, an escape, or what JSON does not allow in it. Most strings are plain from quote to
//! quote, so they are looked at in steps of many bytes.

/// How many bytes are looked at together: a register of any 64-bit processor.
const STEP: usize = 16;

/// How many are looked at together where there are many.
const STRIDE: usize = 4 * STEP;

/// Whether a byte cannot stand in a JSON string as it is.
const fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Whether one of these bytes is special. No branches in it, so that the compiler makes it a few instructions on all of them at once.
#[inline(always)]
fn any_special<const N: usize>(bytes: &[u8; N]) -> bool {
    let mut found = 0;
    for &byte in bytes {
        found |= u8::from(is_special(byte));
    }
    found != 0
}

/// Where the first special one of eight bytes is.
///
/// A byte below `n`, less `n`, borrows into its highest bit, which it did not have. What it borrows from the byte after it may
/// set that one's highest bit too: only the first one found is right.
#[inline]
pub(crate) fn first_special(bytes: &[u8; 8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(*bytes);
    let control = word.wrapping_sub(ONES * 0x20);
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let found = (control | quote | backslash) & !word & (ONES * 0x80);
    (found != 0).then_some(found.trailing_zeros() as usize / 8)
}

/// How many bytes come before the first special one; all of them if there is none.
#[inline]
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    // What stands in packets is mostly short: names, keys.
    let Some(word) = bytes.first_chunk() else { return short(bytes, 0) };
    match first_special(word) {
        Some(at) => at,
        None => long(bytes),
    }
}

/// How many bytes are in the first steps of `N` that are plain.
#[inline(always)]
fn plain_steps<const N: usize>(bytes: &[u8]) -> usize {
    let (steps, _) = bytes.as_chunks::<N>();
    let mut at = 0;
    for step in steps {
        if any_special(step) {
            break;
        }
        at += N;
    }
    at
}

fn long(bytes: &[u8]) -> usize {
    let mut at = plain_steps::<STRIDE>(bytes);
    at += plain_steps::<STEP>(bytes.get(at..).unwrap_or_default());
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        match first_special(word) {
            Some(found) => return at + found,
            None => at += 8,
        }
    }
    short(bytes, at)
}

#[inline]
fn short(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len())
}

/// Whether none of these bytes is special.
#[inline]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    let (strides, rest) = bytes.as_chunks::<STRIDE>();
    for stride in strides {
        if any_special(stride) {
            return false;
        }
    }
    let (steps, rest) = rest.as_chunks::<STEP>();
    for step in steps {
        if any_special(step) {
            return false;
        }
    }
    if rest.is_empty() {
        return true;
    }
    // What does not fill a step is looked at together with bytes before it that have been looked at already.
    if let Some(last) = bytes.last_chunk::<STEP>() {
        return !any_special(last);
    }
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => first_special(first).is_none() && first_special(last).is_none(),
        _ => !bytes.iter().any(|&byte| is_special(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place, in texts around the lengths where the way of looking changes.
    #[test]
    fn a_special_byte_is_found_wherever_it_stands() {
        for len in (1..=3 * STEP).chain([STRIDE - 1, STRIDE, STRIDE + 1, 2 * STRIDE + 21]) {
            for at in 0..len {
                for byte in 0..=0xff {
                    let mut text = vec![0x80; len];
                    text[at] = byte;
                    let found = if is_special(byte) { at } else { len };
                    assert_eq!(plain_len(&text), found, "{byte:#x} at {at} of {len}");
                    assert_eq!(is_plain(&text), found == len, "{byte:#x} at {at} of {len}");
                }
            }
        }
        assert!(is_plain(b"") && plain_len(b"") == 0);
    }

    /// A borrow must not reach the bytes before.
    #[test]
    fn the_first_of_two_is_found() {
        for (first, second) in [(b'"', 0), (0, b'"'), (b'\\', b'#'), (0x1f, 0x20), (b'"', b']')] {
            for at in 0..7 {
                let mut word = [b'a'; 8];
                word[at] = first;
                word[at + 1] = second;
                assert_eq!(first_special(&word), Some(at));
            }
        }
    }
}
