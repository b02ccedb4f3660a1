//! Colours, for terminals only, and text of strangers made safe to show.

use std::{
    env,
    fmt::Write,
    io::{IsTerminal, stderr, stdout},
};

/// A colour or a weight, as the number that terminals know it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Paint {
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Blue = 34,
    Magenta = 35,
    Cyan = 36,
}

/// Whether what is shown has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    colours: bool,
}

impl Style {
    /// Without colours.
    pub const PLAIN: Self = Self { colours: false };
    /// With colours.
    pub const COLOURED: Self = Self { colours: true };

    /// For standard output: coloured if it is a terminal and `NO_COLOR` is not set.
    pub fn of_stdout() -> Self {
        Self::of(stdout().is_terminal())
    }

    /// For standard error, likewise.
    pub fn of_stderr() -> Self {
        Self::of(stderr().is_terminal())
    }

    fn of(terminal: bool) -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { colours: terminal && !refused && !dumb }
    }

    /// A text of our own, painted.
    pub fn paint(self, paint: Paint, text: &str) -> String {
        if self.colours { format!("\x1b[{}m{text}\x1b[0m", paint as u8) } else { text.to_owned() }
    }
}

/// A text from elsewhere, in one line: what would steer the terminal, or turn the direction of writing, is shown by its number instead.
pub fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            c if steers(c) => {
                // Writing to a text does not fail.
                let _ = write!(safe, "\\u{:04x}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Whether a character does something to a terminal instead of being shown.
pub fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_stranger_steers_the_terminal() {
        assert_eq!(harmless("a\x1b[2Jb\u{9b}c\nd\u{202e}é"), "a\\u001b[2Jb\\u009bc\\nd\\u202eé");
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        assert_eq!(Style::PLAIN.paint(Paint::Red, "x"), "x");
        assert_eq!(Style::COLOURED.paint(Paint::Red, "x"), "\x1b[31mx\x1b[0m");
    }
}
