//! Numbers as JavaScript writes them, so that a packet is the same text whichever side wrote it.

use std::io;

use serde_json::ser::{CompactFormatter, Formatter};

/// From here on JavaScript's own integers have gaps, and not all of them fit an `i64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes a number, which is finite: whole ones without a fraction, exponents from `1e+21` and `1e-7` on.
pub(super) fn write_f64<W: ?Sized + io::Write>(writer: &mut W, value: f64) -> io::Result<()> {
    if let Some(value) = as_integer(value) {
        return integer(writer, value);
    }
    let size = value.abs();
    // Elsewhere serde_json agrees with JavaScript.
    if (EXACT..1e21).contains(&size) || (1e-6..1e-5).contains(&size) {
        return without_exponent(writer, value);
    }
    CompactFormatter.write_f64(writer, value)
}

/// A number of half the precision; JavaScript has none, and its fewest digits are these.
pub(super) fn write_f32<W: ?Sized + io::Write>(writer: &mut W, value: f32) -> io::Result<()> {
    match as_integer(value.into()) {
        Some(value) => integer(writer, value),
        None => CompactFormatter.write_f32(writer, value),
    }
}

/// A whole number that JavaScript can tell from its neighbours; zero has no sign then.
pub(super) fn as_integer(value: f64) -> Option<i64> {
    (value.abs() < EXACT && value.fract() == 0.0).then_some(value as i64)
}

fn integer<W: ?Sized + io::Write>(writer: &mut W, value: i64) -> io::Result<()> {
    writer.write_all(itoa::Buffer::new().format(value).as_bytes())
}

/// The fewest digits that mean this number, zeros before or behind them.
#[cold]
fn without_exponent<W: ?Sized + io::Write>(writer: &mut W, value: f64) -> io::Result<()> {
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    if value.is_sign_negative() {
        writer.write_all(b"-")?;
    }
    match exponent.parse::<usize>() {
        Ok(exponent) => write!(writer, "{digits:0<width$}", width = exponent + 1),
        Err(_) => write!(writer, "0.00000{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64) -> String {
        let mut out = Vec::new();
        write_f64(&mut out, value).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The texts are Node's.
    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-7.0, "-7"),
            (1.5, "1.5"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (-9_007_199_254_740_992.0, "-9007199254740992"),
            (1e16, "10000000000000000"),
            (1.234_567_890_123_456_7e17, "123456789012345660"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e21, "1e+21"),
            (f64::MAX, "1.7976931348623157e+308"),
            (1e-5, "0.00001"),
            (-0.000_001_5, "-0.0000015"),
            (1e-6, "0.000001"),
            (9.99e-7, "9.99e-7"),
            (1.25e-7, "1.25e-7"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(text(value), expected);
            assert_eq!(expected.parse::<f64>().unwrap(), value);
        }
    }

    #[test]
    fn single_precision_keeps_its_few_digits() {
        for (value, expected) in [(1.0_f32, "1"), (0.1, "0.1"), (-16_777_216.0, "-16777216")] {
            let mut out = Vec::new();
            write_f32(&mut out, value).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
