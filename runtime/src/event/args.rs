//! From a payload to arguments, whichever parser it is of.
//!
//! Each argument is read by itself, straight into its type: no tree of values in between. Knows payloads, not who sent them.

use std::borrow::Cow;

use serde::{
    de::{DeserializeOwned, Deserializer, Visitor, value::Error as PlainError},
    forward_to_deserialize_any,
};

use super::{DecodeError, DecodeErrorKind, Value, json, msgpack};
use crate::protocol::socket_io::packet::{Body, Payload};

/// What is wrong with one argument.
pub(super) enum Fault {
    /// The payload is not what its parser writes.
    Malformed,
    /// It is, but the argument has another shape.
    Invalid {
        /// What is wrong.
        reason: String,
        /// Where in the argument, as serde_path_to_error writes it.
        path: String,
    },
}

/// Arguments that have not been read, as they stand in the payload.
#[derive(Debug)]
enum Source<'a> {
    Json(json::Args<'a>),
    MsgPack(msgpack::Args<'a>),
}

/// The arguments of one event or answer, read in order.
#[derive(Debug)]
pub struct ArgReader<'a> {
    event: Option<Cow<'a, str>>,
    source: Source<'a>,
    index: usize,
    /// Whether a text behind the arguments may be the server's offset.
    offset: bool,
}

impl<'a> ArgReader<'a> {
    /// The name of an event and its arguments.
    ///
    /// # Errors
    ///
    /// If the payload has no name.
    pub fn event(payload: &'a Payload) -> Result<(Cow<'a, str>, Self), DecodeError> {
        let read = match &payload.body {
            Body::Json(_) => payload
                .event_name()
                .map(|(name, rest)| (name, Source::Json(json::Args::new(rest, &payload.attachments)))),
            Body::MsgPack(data) => {
                msgpack::Args::event(data).map(|(name, args)| (name, Source::MsgPack(args)))
            }
        };
        let (name, source) =
            read.map_err(|error| DecodeError::new(DecodeErrorKind::Malformed, error.to_string()))?;
        Ok((name.clone(), Self { event: Some(name), source, index: 0, offset: false }))
    }

    /// The arguments of an answer.
    #[must_use]
    pub fn ack(payload: &'a Payload) -> Self {
        let packed = match &payload.body {
            Body::Json(_) => None,
            Body::MsgPack(data) => msgpack::Args::ack(data),
        };
        let source = packed.map_or_else(
            || Source::Json(json::Args::new(payload.ack_args(), &payload.attachments)),
            Source::MsgPack,
        );
        Self { event: None, source, index: 0, offset: false }
    }

    /// Says that one text behind the arguments is no argument: the offset that a server with connection state recovery puts there.
    #[must_use]
    pub fn with_offset(self, offset: bool) -> Self {
        Self { offset, ..self }
    }

    /// Reads the next argument; `name` is for errors only. If there is none, an `Option` is `None` and `()` is itself.
    ///
    /// # Errors
    ///
    /// If there is none, if it has another shape than `T`, or if the payload is not what its parser writes.
    pub fn arg<T: DeserializeOwned + 'static>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        let index = self.index;
        match self.optional(name)? {
            Some(value) => Ok(value),
            None => T::deserialize(Missing).map_err(|_| self.missing(index, name)),
        }
    }

    /// Whether there is a next argument, for one that may be `null` but not missing; `name` is for errors only.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn present(&self, name: &'static str) -> Result<(), DecodeError> {
        if self.more() { Ok(()) } else { Err(self.missing(self.index, name)) }
    }

    /// Reads the next argument; `None` if there is none, whatever `T` is.
    ///
    /// # Errors
    ///
    /// If it has another shape than `T`, or if the payload is not what its parser writes.
    pub fn optional<T: DeserializeOwned + 'static>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, DecodeError> {
        let read = match &mut self.source {
            Source::Json(args) => args.next(),
            Source::MsgPack(args) => args.next(),
        };
        match read {
            Some(Ok(value)) => {
                self.index += 1;
                Ok(Some(value))
            }
            Some(Err(fault)) => Err(self.fault(name, fault)),
            None => {
                // What comes next stands one further on all the same.
                self.index += 1;
                Ok(None)
            }
        }
    }

    /// All arguments that are left.
    ///
    /// # Errors
    ///
    /// If the payload is not what its parser writes, or names attachments that are not there.
    pub fn rest(&mut self) -> Result<Vec<Value>, DecodeError> {
        let mut values = Vec::new();
        while self.more() {
            values.push(self.arg("argument")?);
        }
        Ok(values)
    }

    fn more(&self) -> bool {
        match &self.source {
            Source::Json(args) => args.more(),
            Source::MsgPack(args) => args.more(),
        }
    }

    /// Ends the reading. Arguments that are left are no mistake (a newer peer may send more), but JSON has to be JSON to its end.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn finish(&mut self) -> Result<(), DecodeError> {
        let well_formed = match &mut self.source {
            Source::Json(args) => args.finish(),
            // It was checked when it came.
            Source::MsgPack(_) => true,
        };
        if well_formed { Ok(()) } else { Err(self.malformed()) }
    }

    /// Ends the reading as [`finish`](Self::finish) does, but arguments that are left are a mistake. An
    /// [offset](Self::with_offset) is none.
    ///
    /// # Errors
    ///
    /// If there are any ([`DecodeErrorKind::Extra`]), or if the payload is not what its parser writes.
    pub fn deny_extra(&mut self) -> Result<(), DecodeError> {
        let expected = self.index;
        let extra = self.more() && !self.ends_with_offset()?;
        self.finish()?;
        self.index = expected;
        if extra { Err(self.extra()) } else { Ok(()) }
    }

    /// Reads the offset, if there may be one; whether it is there, and nothing behind it.
    fn ends_with_offset(&mut self) -> Result<bool, DecodeError> {
        if !self.offset {
            return Ok(false);
        }
        match self.optional::<String>("offset") {
            Ok(offset) => Ok(offset.is_some() && !self.more()),
            Err(error) if error.kind() == DecodeErrorKind::Malformed => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// The name of the event; `None` for an answer.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.event.as_deref()
    }

    #[cold]
    fn missing(&self, index: usize, name: &'static str) -> DecodeError {
        DecodeError::new(DecodeErrorKind::Missing, "missing argument")
            .in_argument(index, name)
            .in_event(self.name())
    }

    #[cold]
    fn fault(&self, name: &'static str, fault: Fault) -> DecodeError {
        match fault {
            Fault::Malformed => self.malformed().in_argument(self.index, name),
            Fault::Invalid { reason, path } => {
                self.error(DecodeErrorKind::Invalid, name, reason).at_path(path)
            }
        }
    }

    #[cold]
    fn error(&self, kind: DecodeErrorKind, name: &'static str, reason: impl Into<String>) -> DecodeError {
        DecodeError::new(kind, reason).in_argument(self.index, name).in_event(self.name())
    }

    #[cold]
    fn extra(&self) -> DecodeError {
        let reason = match self.index {
            0 => "no arguments expected, but there are some".to_owned(),
            1 => "1 argument expected, but there are more".to_owned(),
            count => format!("{count} arguments expected, but there are more"),
        };
        DecodeError::new(DecodeErrorKind::Extra, reason).in_event(self.name())
    }

    #[cold]
    fn malformed(&self) -> DecodeError {
        DecodeError::new(DecodeErrorKind::Malformed, "the payload is not well-formed").in_event(self.name())
    }
}

/// Reads a payload that is no list of arguments: what comes with CONNECT and CONNECT_ERROR.
///
/// # Errors
///
/// If it has another shape than `T`, or is not what its parser writes.
pub fn read_payload<T: DeserializeOwned>(payload: &Payload) -> serde_json::Result<T> {
    match &payload.body {
        Body::Json(text) => serde_json::from_str(text),
        Body::MsgPack(data) => msgpack::read(data),
    }
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
