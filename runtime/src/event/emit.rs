//! Emitting: what a generated emitter calls, and what its methods accept.

use std::{borrow::Cow, sync::Arc};

use serde::Serialize;

use super::{AckShape, AckTypes, ArgWriter};

/// The name of an event, with its JSON form where that is known at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventName<'a> {
    /// The name.
    pub plain: &'a str,
    /// The name as a JSON string, quotes included; `None` if it has to be escaped at run time.
    pub json: Option<&'static str>,
}

impl<'a> EventName<'a> {
    /// What a derive writes: a name, and the same as JSON.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(plain: &'a str, json: &'static str) -> Self {
        Self { plain, json: Some(json) }
    }
}

/// Where a generated emitter sends: a socket, a room, everyone. Implemented by the server and the client.
pub trait EmitTarget {
    /// What a plain emit returns: `()`, or a `Result` on the `try_` side.
    type Sent;
    /// What an emit with an acknowledgement returns: a future for one socket, a stream for many.
    type Ack<A: AckTypes>;

    /// Sends an event. `write` writes the arguments; it may be called several times, once for each encoding.
    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) -> Self::Sent;

    /// Sends an event that asks for an answer.
    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Self::Ack<A>;
}

/// What an emitter's method takes for an argument of type `T`: what the caller has, `T` or `&T`, `&str` for a `String`, `&[T]`
/// for a `Vec<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as `{T}`",
    label = "expected `{T}` or `&{T}`"
)]
pub trait EmitArg<T: ?Sized> {
    /// What is serialized.
    type Wire: Serialize + ?Sized;
    /// The value to serialize.
    fn wire(&self) -> &Self::Wire;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> EmitArg<T> for T {
    type Wire = T;
    fn wire(&self) -> &T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> EmitArg<T> for &T {
    type Wire = T;
    fn wire(&self) -> &T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl EmitArg<String> for &str {
    type Wire = str;
    fn wire(&self) -> &str {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> EmitArg<Vec<T>> for &[T] {
    type Wire = [T];
    fn wire(&self) -> &[T] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize, const N: usize> EmitArg<Vec<T>> for [T; N] {
    type Wire = [T];
    fn wire(&self) -> &[T] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize, const N: usize> EmitArg<Vec<T>> for &[T; N] {
    type Wire = [T];
    fn wire(&self) -> &[T] {
        *self
    }
}

#[diagnostic::do_not_recommend]
impl EmitArg<String> for Cow<'_, str> {
    type Wire = str;
    fn wire(&self) -> &str {
        self
    }
}

#[diagnostic::do_not_recommend]
impl EmitArg<String> for Arc<str> {
    type Wire = str;
    fn wire(&self) -> &str {
        self
    }
}

#[diagnostic::do_not_recommend]
impl EmitArg<String> for &Arc<str> {
    type Wire = str;
    fn wire(&self) -> &str {
        self
    }
}
