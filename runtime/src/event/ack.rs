//! The shape of an acknowledgement: one value, or a value or an error.

use std::{convert::Infallible, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeStruct,
};

use super::{AckError, ArgReader, DecodeError, EventArg, EventError, Value};
use crate::protocol::socket_io::packet::Payload;

/// The types in the answer to an event. Separate from [`AckShape`], which reads them, so that a signature can name them
/// before it is known whether they can be read.
pub trait AckTypes {
    /// What the answer carries when all went well.
    type Value;
    /// What it carries when the other side refused; [`Infallible`] where it cannot.
    type Error;
}

/// How the answer to an event is read. Implemented by [`Plain`], [`Fallible`] and [`AllArgs`]; the derives name the first two.
pub trait AckShape:
    AckTypes<Value: Send + 'static, Error: fmt::Debug + Send + 'static> + Send + 'static
{
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// If the answer has another shape.
    fn decode(args: &mut ArgReader<'_>) -> Result<Result<Self::Value, Self::Error>, DecodeError>;
}

/// Reads an answer that came.
#[cfg_attr(
    not(any(feature = "server", feature = "client")),
    allow(dead_code, reason = "called by servers and clients")
)]
pub(crate) fn decode_answer<A: AckShape>(payload: &Payload) -> Result<A::Value, AckError<A::Error>> {
    match A::decode(&mut ArgReader::ack(payload)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(refusal)) => Err(AckError::Refused(refusal)),
        Err(error) => Err(AckError::Decode(error)),
    }
}

/// `ack = T`: the answer is one argument, `T`.
#[derive(Debug)]
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T> AckTypes for Plain<T> {
    type Value = T;
    type Error = Infallible;
}

impl<T: EventArg + Send + 'static> AckShape for Plain<T> {
    fn decode(args: &mut ArgReader<'_>) -> Result<Result<T, Infallible>, DecodeError> {
        let value = T::read(args, "value")?;
        args.finish()?;
        Ok(Ok(value))
    }
}

/// `ack = T, error = E`: the answer is one argument, `{"ok":true,"value":T}` or `{"ok":false,"error":E}`.
#[derive(Debug)]
pub struct Fallible<T, E>(PhantomData<fn() -> (T, E)>);

impl<T, E> AckTypes for Fallible<T, E> {
    type Value = T;
    type Error = E;
}

impl<T: EventArg + Send + 'static, E: EventError> AckShape for Fallible<T, E> {
    fn decode(args: &mut ArgReader<'_>) -> Result<Result<T, E>, DecodeError> {
        let Outcome(result) = args.arg::<Outcome<Part<T>, Part<E>>>("value")?;
        args.finish()?;
        Ok(result.map(|Part(value)| value).map_err(|Part(error)| error))
    }
}

/// The untyped door's answer: all its arguments, whatever they are.
#[derive(Debug)]
pub struct AllArgs(());

impl AckTypes for AllArgs {
    type Value = Vec<Value>;
    type Error = Infallible;
}

impl AckShape for AllArgs {
    fn decode(args: &mut ArgReader<'_>) -> Result<Result<Vec<Value>, Infallible>, DecodeError> {
        args.rest().map(Ok)
    }
}

/// A part of an answer, for serde.
pub(super) struct Part<T>(T);

impl<'de, T: EventArg> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl<T: EventArg> Serialize for Part<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize(self.0, serializer)
    }
}

/// A result as it travels: a tagged union that TypeScript narrows by `ok`.
pub(super) struct Outcome<T, E>(Result<T, E>);

impl<'a, T, E> Outcome<Part<&'a T>, Part<&'a E>> {
    pub(super) fn of(result: &'a Result<T, E>) -> Self {
        Self(result.as_ref().map(Part).map_err(Part))
    }
}

impl<T: Serialize, E: Serialize> Serialize for Outcome<T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Outcome", 2)?;
        fields.serialize_field("ok", &self.0.is_ok())?;
        match &self.0 {
            Ok(value) => fields.serialize_field("value", value)?,
            Err(error) => fields.serialize_field("error", error)?,
        }
        fields.end()
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Ok,
    Value,
    Error,
    #[serde(other)]
    Unknown,
}

impl<'de, T: Deserialize<'de>, E: Deserialize<'de>> Deserialize<'de> for Outcome<T, E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Outcome", &["ok", "value", "error"], OutcomeVisitor(PhantomData))
    }
}

struct OutcomeVisitor<T, E>(PhantomData<(T, E)>);

impl<'de, T: Deserialize<'de>, E: Deserialize<'de>> Visitor<'de> for OutcomeVisitor<T, E> {
    type Value = Outcome<T, E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`{\"ok\":true,\"value\":…}` or `{\"ok\":false,\"error\":…}`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut ok, mut value, mut error) = (None, None, None);
        while let Some(field) = map.next_key()? {
            match field {
                Field::Ok => ok = Some(map.next_value::<bool>()?),
                Field::Value if ok != Some(false) => value = Some(map.next_value()?),
                Field::Error if ok != Some(true) => error = Some(map.next_value()?),
                Field::Value | Field::Error | Field::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        // JavaScript leaves out a key whose value is undefined.
        match ok {
            Some(true) => value.map_or_else(|| missing("value"), Ok).map(|value| Outcome(Ok(value))),
            Some(false) => error.map_or_else(|| missing("error"), Ok).map(|error| Outcome(Err(error))),
            None => Err(A::Error::missing_field("ok")),
        }
    }
}

fn missing<'de, T: Deserialize<'de>, E: serde::de::Error>(field: &'static str) -> Result<T, E> {
    T::deserialize(super::args::Missing).map_err(|_| E::missing_field(field))
}
