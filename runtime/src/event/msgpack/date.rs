//! What the extensions of notepack and of MessagePack itself stand for.

/// JavaScript's limit: 100,000,000 days each way.
const MAX_MILLIS: i64 = 8_640_000_000_000_000;
const DAY: i64 = 86_400_000;

/// The value of an extension.
pub(super) enum Extension {
    /// `undefined`.
    Nothing,
    /// A `Date`, as JSON writes it.
    Date(String),
    /// Nobody knows.
    Unknown,
}

/// What stands behind an extension of kind 0 or −1.
pub(super) fn extension(kind: i8, data: &[u8]) -> Extension {
    let date = |millis: Option<i64>| millis.and_then(iso).map_or(Extension::Unknown, Extension::Date);
    match (kind, data) {
        (0, [_]) => Extension::Nothing,
        (0, &[a, b, c, d, e, f, g, h]) => date(Some(i64::from_be_bytes([a, b, c, d, e, f, g, h]))),
        // The timestamps of the format's own specification, which newer notepacks write: seconds, and nanoseconds.
        (-1, &[a, b, c, d]) => date(Some(i64::from(u32::from_be_bytes([a, b, c, d])) * 1000)),
        (-1, &[a, b, c, d, e, f, g, h]) => {
            let both = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
            date(Some((both & 0x3_ffff_ffff) as i64 * 1000 + (both >> 34) as i64 / 1_000_000))
        }
        (-1, &[n0, n1, n2, n3, a, b, c, d, e, f, g, h]) => {
            let nanos = i64::from(u32::from_be_bytes([n0, n1, n2, n3]));
            let seconds = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
            date(seconds.checked_mul(1000).and_then(|millis| millis.checked_add(nanos / 1_000_000)))
        }
        _ => Extension::Unknown,
    }
}

/// The text of `Date.prototype.toJSON` for milliseconds since 1970; `None` for what is no date in JavaScript.
fn iso(millis: i64) -> Option<String> {
    if !(-MAX_MILLIS..=MAX_MILLIS).contains(&millis) {
        return None;
    }
    let (days, time) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    // Counted in eras of 400 years from the first of March of year 0, so that a leap day is the last of its year.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ => format!("{}{:06}", if year < 0 { '-' } else { '+' }, year.abs()),
    };
    let (hour, minute) = (time / 3_600_000, time / 60_000 % 60);
    let (second, milli) = (time / 1000 % 60, time % 1000);
    Some(format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_text_that_javascript_makes_of_it() {
        // By `new Date(millis).toJSON()`.
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_198_755_200_000, "-000001-01-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
            (MAX_MILLIS, "+275760-09-13T00:00:00.000Z"),
            (-MAX_MILLIS, "-271821-04-20T00:00:00.000Z"),
        ] {
            assert_eq!(iso(millis).as_deref(), Some(text));
        }
        assert_eq!((iso(MAX_MILLIS + 1), iso(i64::MIN)), (None, None));
    }
}
