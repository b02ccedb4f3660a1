//! The shape of an acknowledgement: one value, or a value or an error.

use std::{fmt, marker::PhantomData};

use serde::{Serialize, de::DeserializeOwned};

use super::{ArgReader, DecodeError, writer::ArgWriter};

/// How the answer to an event is read and written. Implemented by [`Plain`] and [`Fallible`] only; the derives name them.
pub trait AckShape: Send + 'static {
    /// What the answer carries when all went well.
    type Value: Send + 'static;
    /// What it carries when the other side refused; [`Infallible`](std::convert::Infallible) where it cannot.
    type Error: fmt::Debug + Send + 'static;

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// If the answer has another shape.
    fn decode(args: &mut ArgReader<'_>) -> Result<Result<Self::Value, Self::Error>, DecodeError>;
}

/// `ack = T`: the answer is one argument, `T`.
pub struct Plain<T>(PhantomData<fn() -> T>);

/// `ack = T, error = E`: the answer is one argument, `{"ok":true,"value":T}` or `{"ok":false,"error":E}`.
pub struct Fallible<T, E>(PhantomData<fn() -> (T, E)>);
