//! From a payload to arguments.
//!
//! A payload's array is cut at its commas and each argument is given to serde_json by itself: no tree of values in between.
//! Knows JSON text and attachments, not who sent them.

use std::{any::Any, borrow::Cow};

use bytes::Bytes;
use serde::{
    de::{DeserializeOwned, Deserializer, Visitor, value::Error as PlainError},
    forward_to_deserialize_any,
};

use super::{
    DecodeError, DecodeErrorKind, Value,
    binary::{self, Attachments},
};
use crate::protocol::socket_io::{json, packet::Payload};

/// The arguments of one event or answer, read in order.
#[derive(Debug)]
pub struct ArgReader<'a> {
    event: Option<Cow<'a, str>>,
    /// What of the inside of the array has not been read.
    rest: &'a str,
    /// Whether an argument was read already, so that `rest` begins with a comma or is empty.
    after_argument: bool,
    attachments: Attachments<'a>,
    index: usize,
}

impl<'a> ArgReader<'a> {
    /// The name of an event and its arguments.
    ///
    /// # Errors
    ///
    /// If the payload has no name, or is not of the JSON parser.
    pub fn event(payload: &'a Payload) -> Result<(Cow<'a, str>, Self), DecodeError> {
        let (name, rest) = payload
            .event_name()
            .map_err(|error| DecodeError::new(DecodeErrorKind::Malformed, error.to_string()))?;
        let reader = Self::over(Some(name.clone()), rest, &payload.attachments);
        Ok((name, reader))
    }

    /// The arguments of an answer.
    #[must_use]
    pub fn ack(payload: &'a Payload) -> Self {
        Self::over(None, payload.ack_args(), &payload.attachments)
    }

    fn over(event: Option<Cow<'a, str>>, rest: &'a str, attachments: &'a [Bytes]) -> Self {
        Self { event, rest, after_argument: false, attachments: Attachments::new(attachments), index: 0 }
    }

    /// Reads the next argument; `name` is for errors only. If there is none, an `Option` is `None` and `()` is itself.
    ///
    /// # Errors
    ///
    /// If there is none, if it has another shape than `T`, or if the text is not JSON.
    pub fn arg<T: DeserializeOwned + 'static>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        let Some(text) = self.next_text().map_err(|error| error.in_argument(self.index, name))? else {
            return T::deserialize(Missing)
                .map_err(|_| self.error(DecodeErrorKind::Missing, name, "missing argument"));
        };
        let value = if self.attachments.is_empty() {
            serde_json::from_str(text)
        } else {
            self.arg_with_attachments(text)
        };
        match value {
            Ok(value) => {
                self.index += 1;
                Ok(value)
            }
            Err(error) => Err(self.invalid::<T>(name, text, &error)),
        }
    }

    /// All arguments that are left.
    ///
    /// # Errors
    ///
    /// If the text is not JSON, or names attachments that are not there.
    pub fn rest(&mut self) -> Result<Vec<Value>, DecodeError> {
        let mut values = Vec::new();
        while !self.rest.trim_start_matches(is_space).is_empty() {
            values.push(self.arg("argument")?);
        }
        Ok(values)
    }

    /// Ends the reading. Arguments that are left are no mistake (a newer peer may send more), but they have to be JSON.
    ///
    /// # Errors
    ///
    /// If they are not.
    pub fn finish(&mut self) -> Result<(), DecodeError> {
        while let Some(text) = self.next_text()? {
            if !json::is_json(text) {
                return Err(self.malformed());
            }
        }
        Ok(())
    }

    /// The name of the event; `None` for an answer.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// The text of the next argument.
    fn next_text(&mut self) -> Result<Option<&'a str>, DecodeError> {
        let rest = self.rest.trim_start_matches(is_space);
        if rest.is_empty() {
            return Ok(None);
        }
        let rest = match rest.strip_prefix(',') {
            Some(after) if self.after_argument => after.trim_start_matches(is_space),
            None if !self.after_argument => rest,
            _ => return Err(self.malformed()),
        };
        let cut = json::value_end(rest, 0).and_then(|end| rest.split_at_checked(end));
        let Some((text, after)) = cut else { return Err(self.malformed()) };
        self.rest = after;
        self.after_argument = true;
        Ok(Some(text))
    }

    fn arg_with_attachments<T: DeserializeOwned + 'static>(&self, text: &str) -> serde_json::Result<T> {
        let text = binary::canonical(text);
        // An argument that is nothing but bytes is the usual case, and the only one where the attachment itself can be handed
        // over instead of a copy.
        let mut whole: Option<T> = None;
        if let Some(slot) = (&mut whole as &mut dyn Any).downcast_mut::<Option<Bytes>>() {
            *slot = binary::lone_placeholder(&text, &self.attachments);
        }
        match whole {
            Some(value) => Ok(value),
            None => decode_with_attachments(&text, &self.attachments),
        }
    }

    /// Decodes once more to find the path: only failures pay for it.
    #[cold]
    fn invalid<T: DeserializeOwned>(
        &self,
        name: &'static str,
        text: &str,
        error: &serde_json::Error,
    ) -> DecodeError {
        if !json::is_json(text) || self.attachments.is_broken() {
            return self.malformed().in_argument(self.index, name);
        }
        let attachments = self.attachments.renewed();
        let text = binary::canonical(text);
        let mut json = serde_json::Deserializer::from_str(&text);
        let again = serde_path_to_error::deserialize::<_, T>(binary::Wrap::new(&mut json, &attachments));
        let path = again.err().map(|error| error.path().to_string()).unwrap_or_default();
        self.error(DecodeErrorKind::Invalid, name, without_position(error)).at_path(path)
    }

    #[cold]
    fn error(&self, kind: DecodeErrorKind, name: &'static str, reason: impl Into<String>) -> DecodeError {
        DecodeError::new(kind, reason).in_argument(self.index, name).in_event(self.name())
    }

    #[cold]
    fn malformed(&self) -> DecodeError {
        DecodeError::new(DecodeErrorKind::Malformed, "the payload is not well-formed").in_event(self.name())
    }
}

fn decode_with_attachments<T: DeserializeOwned>(
    text: &str,
    attachments: &Attachments<'_>,
) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(binary::Wrap::new(&mut json, attachments))?;
    json.end()?;
    Ok(value)
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// serde_json's message without its line and column: they count from the start of the argument, which nobody sees.
fn without_position(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    if let Some(len) = text.strip_suffix(&position).map(str::len) {
        text.truncate(len);
    }
    text
}

/// What is not there: `None` to an `Option`, `()` to a unit, an error to everything else (serde's own rule for missing fields).
pub(super) struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = PlainError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, PlainError> {
        Err(serde::de::Error::custom("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PlainError> {
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PlainError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}
