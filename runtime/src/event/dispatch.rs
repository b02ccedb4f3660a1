//! From a name and arguments to a running handler.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use serde::Serialize;

use super::{
    ArgReader, ArgWriter, DecodeError, EventArg, EventDef, EventError, Events, PacketWriter, Untyped, Value,
    events::ErrorBeside, guard::GuardRefusal,
};
use crate::protocol::frame::Encoded;

/// A future that runs a handler: boxed once for each event, so that everything above it is compiled once.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// `Self` is a set of events whose handlers `H` has; `C` is the context that handlers get (a socket).
pub trait Dispatch<C, H>: Sized + 'static {
    /// Finds the handler for `name`, reads its arguments, and gives its future, not yet polled. An unknown name leaves `args` as
    /// they were.
    fn dispatch(
        handler: &Arc<H>,
        context: C,
        name: &str,
        args: &mut ArgReader<'_>,
        reply: ReplyTo,
    ) -> Dispatched;
}

/// `Self` handles the events `E` of namespace `N`, with `C` for context: [`Dispatch`] seen from the handler's side, which is
/// where a user can do something about it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle the events of `{E}`",
    label = "no `impl {E}Handler<{N}> for {Self}`",
    note = "write one, with a method for each event: `impl {E}Handler<{N}> for {Self} {{ … }}`"
)]
pub trait Handles<N, E, C>: Sized {
    /// As [`Dispatch::dispatch`].
    fn dispatch(
        handler: &Arc<Self>,
        context: C,
        name: &str,
        args: &mut ArgReader<'_>,
        reply: ReplyTo,
    ) -> Dispatched;

    /// Tells of each event of `E` that is known by name.
    #[doc(hidden)]
    fn each_event(tell: &mut dyn FnMut(&'static EventDef));
}

#[diagnostic::do_not_recommend]
impl<N, E: Events + Dispatch<C, H>, C, H> Handles<N, E, C> for H {
    fn dispatch(
        handler: &Arc<Self>,
        context: C,
        name: &str,
        args: &mut ArgReader<'_>,
        reply: ReplyTo,
    ) -> Dispatched {
        E::dispatch(handler, context, name, args, reply)
    }

    fn each_event(tell: &mut dyn FnMut(&'static EventDef)) {
        E::EVENTS.iter().for_each(tell);
    }
}

#[diagnostic::do_not_recommend]
impl<N, C, H> Handles<N, Untyped, C> for H
where
    Untyped: Dispatch<C, H>,
{
    fn dispatch(
        handler: &Arc<Self>,
        context: C,
        name: &str,
        args: &mut ArgReader<'_>,
        reply: ReplyTo,
    ) -> Dispatched {
        <Untyped as Dispatch<C, H>>::dispatch(handler, context, name, args, reply)
    }

    fn each_event(_: &mut dyn FnMut(&'static EventDef)) {}
}

/// What came of a dispatch.
#[must_use]
pub enum Dispatched {
    /// No event of that name.
    Unknown,
    /// The arguments do not decode. `answer` is there if the event's error type can be made from a [`DecodeError`].
    Failed {
        /// What is wrong.
        error: DecodeError,
        /// The answer that the event's error type makes of it.
        answer: Option<Reply>,
    },
    /// The handler, ready to run.
    Handler {
        /// Which event it is.
        event: &'static EventDef,
        /// Its future; ends with the answer.
        future: BoxFuture<'static, Reply>,
    },
    /// The handler behind its guard, ready to run. A variant of its own, so that events without a guard pay nothing for it.
    Guarded {
        /// Which event it is.
        event: &'static EventDef,
        /// Makes the guard, then runs the handler; ends with the answer, or with why the handler did not run.
        future: BoxFuture<'static, Result<Reply, Box<GuardRefusal>>>,
    },
}

impl fmt::Debug for Dispatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("Unknown"),
            Self::Failed { error, answer } => {
                f.debug_struct("Failed").field("error", error).field("answer", answer).finish()
            }
            Self::Handler { event, .. } => {
                f.debug_struct("Handler").field("event", event).finish_non_exhaustive()
            }
            Self::Guarded { event, .. } => {
                f.debug_struct("Guarded").field("event", event).finish_non_exhaustive()
            }
        }
    }
}

/// The answer to an event, encoded; empty when the sender asked for none.
#[derive(Debug, Default)]
#[must_use]
pub struct Reply(pub Option<Encoded>);

/// Where the answer to an event goes; consumed by giving it.
#[derive(Clone, Debug)]
pub struct ReplyTo {
    pub(crate) writer: PacketWriter,
    pub(crate) id: Option<u64>,
}

impl ReplyTo {
    /// For an event that came in through `writer`'s namespace with this ack id.
    #[must_use]
    pub fn new(writer: PacketWriter, id: Option<u64>) -> Self {
        Self { writer, id }
    }

    /// Whether the sender asked for an answer.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.id.is_some()
    }

    /// An answer of one value. Nothing is serialized if none is wanted; one that cannot be serialized is logged and not sent, so
    /// that the sender's time-out ends its wait.
    pub fn value<T: Serialize + ?Sized>(self, value: &T) -> Reply {
        self.write(&|args| args.arg(value))
    }

    /// An answer of one value, `{"ok":true,"value":…}` or `{"ok":false,"error":…}`; as [`value`](Self::value) otherwise.
    pub fn result<T: EventArg + Send + 'static, E: EventError>(self, result: &Result<T, E>) -> Reply {
        <E as ErrorBeside<T>>::answer(result, self)
    }

    /// An answer without arguments.
    pub fn none(self) -> Reply {
        self.write(&|_| {})
    }

    /// The untyped door's answer: any number of arguments.
    pub fn args(self, values: &[Value]) -> Reply {
        self.write(&|args| values.iter().for_each(|value| args.arg(value)))
    }

    pub(super) fn write(self, write: &dyn Fn(&mut ArgWriter)) -> Reply {
        let Some(id) = self.id else { return Reply(None) };
        match self.writer.ack(id, write) {
            Ok(encoded) => Reply(Some(encoded)),
            Err(error) => {
                tracing::error!(namespace = %self.writer.namespace, id, %error, "an answer could not be encoded");
                Reply(None)
            }
        }
    }
}
