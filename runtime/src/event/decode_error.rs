//! What is wrong with an event that came in.

use std::{borrow::Cow, fmt};

/// An event or an answer that does not decode into its type: which one, where in it, and why.
///
/// It is made from what a peer sent; what to do with it is the server's or client's decision. Its `Display` names all there
/// is: ``argument 1 `text` of `chat message`: at .user.id: invalid type: string "x", expected u64``. It goes into logs and answers, so of what
/// the peer sent it quotes little: 40 bytes of a value, and of each key in the path, with nothing in them that could break a line.
/// What a type's own `Deserialize` says is its own affair; it is cut at 200 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    event: Option<String>,
    argument: Option<(usize, &'static str)>,
    path: Option<String>,
    kind: DecodeErrorKind,
    reason: String,
}

/// What kind of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// An argument that is not optional is not there.
    Missing,
    /// An argument is there, but has another shape.
    Invalid,
    /// There are more arguments than the event has, and it says `deny_extra`.
    Extra,
    /// The payload is not what its parser writes: the text is not JSON, or a placeholder in it stands for no attachment. The peer does not speak the protocol: the server closes its connection.
    Malformed,
}

impl DecodeError {
    #[cold]
    pub(crate) fn new(kind: DecodeErrorKind, reason: impl Into<String>) -> Self {
        let reason = in_short(&reason.into());
        Self(Box::new(Inner { event: None, argument: None, path: None, kind, reason }))
    }

    pub(crate) fn in_event(mut self, event: Option<&str>) -> Self {
        self.0.event = event.map(str::to_owned);
        self
    }

    pub(crate) fn in_argument(mut self, index: usize, name: &'static str) -> Self {
        self.0.argument = Some((index, name));
        self
    }

    /// `path` as [`path_in_short`] writes it; `.` alone is the argument itself.
    pub(crate) fn at_path(mut self, path: String) -> Self {
        self.0.path = match path.as_str() {
            "" | "." => None,
            text if text.starts_with('[') => Some(shortened(path)),
            _ => Some(shortened(format!(".{path}"))),
        };
        self
    }

    /// The name of the event; `None` if it is an answer that does not decode, or the name itself.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        self.0.event.as_deref()
    }

    /// Position of the argument, from 0; `None` if no single argument is to blame.
    #[must_use]
    pub fn argument_index(&self) -> Option<usize> {
        self.0.argument.map(|(index, _)| index)
    }

    /// Name of the argument: the field's in the enum; `None` if no single argument is to blame.
    #[must_use]
    pub fn argument_name(&self) -> Option<&'static str> {
        self.0.argument.map(|(_, name)| name)
    }

    /// Where in the argument, as `.user.tags[2]`; `None` if it is the argument itself.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// What kind of mistake it is.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.0.kind
    }

    /// What is wrong, without saying where.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }
}

/// Most bytes of a reason, and of a path.
const MAX_TEXT: usize = 200;
/// Most bytes of one value or key that a peer sent.
const MAX_QUOTED: usize = 40;

/// What serde says, with the value that it quotes cut short, and all of it where that is the type's own words.
pub(crate) fn in_short(reason: &str) -> String {
    shortened(with_value_cut(reason))
}

fn with_value_cut(reason: &str) -> String {
    const QUOTING: [&str; 4] = ["invalid type: ", "invalid value: ", "unknown variant ", "unknown field "];
    // Behind the value, whatever stands in that.
    let (found, expected) = reason.split_at(reason.rfind(", expected ").unwrap_or(reason.len()));
    let quoted = found.find(['"', '`']).filter(|_| QUOTING.iter().any(|start| found.starts_with(start)));
    let Some((before, value)) = quoted.map(|at| found.split_at(at + 1)) else { return unbroken(reason) };
    let mark = if before.ends_with('"') { '"' } else { '`' };
    let value = cut(value.strip_suffix(mark).unwrap_or(value));
    unbroken(&format!("{before}{value}{mark}{expected}"))
}

/// Where serde was when it failed, as serde_path_to_error writes it but with keys cut short.
pub(crate) fn path_in_short(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path.iter() {
        let key = match segment {
            Segment::Seq { index } => {
                text.push_str(&format!("[{index}]"));
                continue;
            }
            Segment::Map { key } => key,
            Segment::Enum { variant } => variant,
            Segment::Unknown => "?",
        };
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&unbroken(&cut(key)));
    }
    text
}

fn cut(text: &str) -> Cow<'_, str> {
    match text.len() {
        0..=MAX_QUOTED => text.into(),
        _ => format!("{}…", &text[..text.floor_char_boundary(MAX_QUOTED)]).into(),
    }
}

/// With nothing in it that could break a line or hide the rest of it.
fn unbroken(text: &str) -> String {
    let mut unbroken = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => unbroken.push(character),
            _ => unbroken.extend(character.escape_debug()),
        }
    }
    unbroken
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((index, name)) = self.0.argument {
            write!(f, "argument {} `{name}` of ", index + 1)?;
        }
        match &self.0.event {
            Some(event) => write!(f, "`{}`: ", unbroken(&cut(event)))?,
            None if self.0.argument.is_some() => f.write_str("an answer: ")?,
            None => {}
        }
        if let Some(path) = &self.0.path {
            write!(f, "at {path}: ")?;
        }
        f.write_str(&self.0.reason)
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("kind", &self.0.kind)
            .field("event", &self.0.event)
            .field("argument", &self.0.argument)
            .field("path", &self.0.path)
            .field("reason", &self.0.reason)
            .finish()
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_argument_event_path_and_reason() {
        let error = DecodeError::new(DecodeErrorKind::Invalid, "invalid type: string \"x\", expected u64")
            .in_argument(0, "text")
            .in_event(Some("chat message"));
        assert_eq!(
            error.clone().at_path("user.id".into()).to_string(),
            "argument 1 `text` of `chat message`: at .user.id: invalid type: string \"x\", expected u64"
        );
        assert_eq!(error.clone().at_path("[2].id".into()).path(), Some("[2].id"));
        assert_eq!(error.at_path(".".into()).path(), None);
    }

    #[test]
    fn without_event_or_argument_the_text_still_reads() {
        let error = DecodeError::new(DecodeErrorKind::Missing, "missing argument").in_argument(0, "value");
        assert_eq!(error.to_string(), "argument 1 `value` of an answer: missing argument");
        assert_eq!(DecodeError::new(DecodeErrorKind::Malformed, "no JSON").to_string(), "no JSON");
    }

    #[test]
    fn what_a_peer_sent_is_quoted_in_part_only() {
        let long = "é".repeat(10_000);
        let error = DecodeError::new(DecodeErrorKind::Invalid, long.as_str()).at_path(long);
        assert_eq!(error.reason().len(), 203);
        assert!(error.to_string().len() < 500 && error.path().unwrap().ends_with('…'));
    }

    #[test]
    fn of_a_value_or_a_key_the_beginning_is_quoted_on_one_line() {
        let (long, short) = ("x".repeat(100), "x".repeat(40));
        for (said, shown) in [
            (
                format!("invalid type: string \"{long}\", expected u64"),
                format!("invalid type: string \"{short}…\", expected u64"),
            ),
            (
                format!("unknown variant `{long}`, expected `a` or `b`"),
                format!("unknown variant `{short}…`, expected `a` or `b`"),
            ),
            (
                format!("unknown field `, expected {long}`, expected `a`"),
                format!("unknown field `, expected {}…`, expected `a`", &short[11..]),
            ),
            (
                "unknown variant `a\nERROR \u{1b}`, expected `b`".to_owned(),
                "unknown variant `a\\nERROR \\u{1b}`, expected `b`".to_owned(),
            ),
            (
                "invalid type: integer `5`, expected a string".to_owned(),
                "invalid type: integer `5`, expected a string".to_owned(),
            ),
            (
                format!("not a colour, nor \"{short}\" nor \"{short}\""),
                format!("not a colour, nor \"{short}\" nor \"{short}\""),
            ),
        ] {
            assert_eq!(DecodeError::new(DecodeErrorKind::Invalid, said.as_str()).reason(), shown);
        }
        type Maps = std::collections::BTreeMap<String, Vec<std::collections::BTreeMap<String, u8>>>;
        let json = format!("{{\"{long}\":[{{\"a\\nb\":\"c\"}}]}}");
        let mut json = serde_json::Deserializer::from_str(&json);
        let error = serde_path_to_error::deserialize::<_, Maps>(&mut json).unwrap_err();
        assert_eq!(path_in_short(error.path()), format!("{short}…[0].a\\nb"));
    }

    #[test]
    fn results_that_carry_it_stay_small() {
        assert_eq!(size_of::<DecodeError>(), size_of::<usize>());
    }
}
