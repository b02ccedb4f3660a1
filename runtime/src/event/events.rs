//! Events as types: the traits that the derives implement on an enum.

use std::{any::TypeId, fmt};

use serde::{Deserializer, Serialize, Serializer, de::DeserializeOwned};

use super::{
    ArgReader, ArgWriter, DecodeError, EmitTarget, EventName, Fallible, Plain, Reply, ReplyTo, ack::Outcome,
};

/// What the definition of one event says.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EventDef {
    /// The name on the wire.
    pub name: &'static str,
    /// The name of the method: on the handler and on the emitter.
    pub method: &'static str,
    /// Other names that it is received under, and never emitted.
    pub aliases: &'static [&'static str],
    /// The arguments, in order.
    pub args: &'static [ArgDef],
    /// Whether it has an acknowledgement.
    pub ack: bool,
}

impl EventDef {
    /// What a derive writes.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, method: &'static str, args: &'static [ArgDef], ack: bool) -> Self {
        Self { name, method, aliases: &[], args, ack }
    }

    /// What a derive writes for `aliases(…)`.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

/// What the definition of one argument says.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ArgDef {
    /// Its name: the field's, or `arg0`, `arg1`… in a tuple variant.
    pub name: &'static str,
}

impl ArgDef {
    /// What a derive writes.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name }
    }
}

/// What can be emitted: all that `.emit()` needs. Every set of events, and the untyped door; not several sets together, of which
/// `.emit_as::<Enum>()` names one.
pub trait Emits: Sized + 'static {
    /// The struct with one method for each event; see [`EmitTarget`].
    type Emitter<T: EmitTarget>;

    /// The emitter over a target.
    fn emitter<T: EmitTarget>(target: T) -> Self::Emitter<T>;
}

/// `Self`, which is all events of a namespace in one direction, is the set `E` alone: what `.emit()` needs to know which emitter it
/// gives. Several enums together are no such one.
// A parameter and no associated type: where that is unknown, rustc says that there is no method `emit`, and not what is below.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are several enums: say which one's event it is, `.emit_as::<Enum>()`",
    label = "with several enums, write `.emit_as::<Enum>()`",
    note = "to other nodes it is `.server_side_emit_as::<Enum>()`"
)]
pub trait OneSet<E> {}

#[diagnostic::do_not_recommend]
impl<E: Emits> OneSet<E> for E {}

/// A set of events: an enum with one variant for each.
pub trait Events: Emits {
    /// The definitions, in the order of the variants.
    const EVENTS: &'static [EventDef];

    /// Reads the event called `name`; `None` if the set has none of that name.
    ///
    /// # Errors
    ///
    /// If an argument is missing or does not decode.
    fn decode(name: &str, args: &mut ArgReader<'_>) -> Result<Option<Self>, DecodeError>;

    /// The name of this event.
    fn name(&self) -> EventName<'_>;

    /// Writes this event's arguments.
    fn encode(&self, args: &mut ArgWriter);
}

/// Events that a client sends to a server.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no events that a client sends",
    label = "not a set of client-to-server events",
    note = "`client_to_server` takes an enum that derives `ClientToServer`; did you swap the two directions?"
)]
pub trait ClientToServer: Events {
    /// To ask whether the trait is implemented where nothing else would.
    #[doc(hidden)]
    const CHECKED: bool = true;
}

/// Events that a server sends to a client.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no events that a server sends",
    label = "not a set of server-to-client events",
    note = "`server_to_client` takes an enum that derives `ServerToClient`; did you swap the two directions?"
)]
pub trait ServerToClient: Events {
    /// To ask whether the trait is implemented where nothing else would.
    #[doc(hidden)]
    const CHECKED: bool = true;
}

/// Events between the nodes of a cluster.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no events that nodes send to each other",
    label = "not a set of server-to-server events",
    note = "`server_to_server` takes an enum that derives `ServerToServer`; did you name one of a client's directions?"
)]
pub trait ServerToServer: Events {
    /// To ask whether the trait is implemented where nothing else would.
    #[doc(hidden)]
    const CHECKED: bool = true;
}

/// `Self` is a set of events that the server sends to the clients of namespace `N`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be emitted to a client of namespace `{N}`",
    label = "not a server-to-client event of `{N}`",
    note = "only the events of the enum in `#[namespace(\"…\", server_to_client = …)]` can be"
)]
pub trait EmittableOn<N>: Events {}

/// A type that can be an argument of an event, or an answer: whatever serde reads and writes.
///
/// The methods are for generated code. The bounds stand on the one `impl` and not on the trait, so that a type without them
/// is one message, this trait's own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an event argument",
    label = "needs `Serialize`, `Deserialize` and `Send`",
    note = "on a type of your own: `#[derive(serde::Serialize, serde::Deserialize)]`"
)]
pub trait EventArg: Sized {
    /// Nothing: to name the trait where no other method would.
    #[doc(hidden)]
    fn check() {}

    /// Reads it as the next argument.
    #[doc(hidden)]
    fn read(args: &mut ArgReader<'_>, name: &'static str) -> Result<Self, DecodeError>;

    /// Reads it as the next argument, or makes it if there is none.
    #[doc(hidden)]
    fn read_or(
        args: &mut ArgReader<'_>,
        name: &'static str,
        missing: fn() -> Self,
    ) -> Result<Self, DecodeError>;

    /// Writes it as the next argument.
    #[doc(hidden)]
    fn write(&self, args: &mut ArgWriter);

    /// Reads it from a part of an argument.
    #[doc(hidden)]
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Writes it as a part of an argument.
    #[doc(hidden)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Answers with it.
    #[doc(hidden)]
    fn answer(&self, reply: ReplyTo) -> Reply;

    /// Emits an event that is answered with it.
    #[doc(hidden)]
    fn ask<T: EmitTarget>(
        target: &T,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> T::Ack<Plain<Self>>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> EventArg for T {
    fn read(args: &mut ArgReader<'_>, name: &'static str) -> Result<Self, DecodeError> {
        args.arg(name)
    }

    fn answer(&self, reply: ReplyTo) -> Reply {
        // Nothing to say is no argument, as JavaScript's `callback()`.
        if TypeId::of::<T>() == TypeId::of::<()>() {
            return reply.none();
        }
        reply.write(&|args| args.arg(self))
    }

    fn read_or(args: &mut ArgReader<'_>, name: &'static str, missing: fn() -> T) -> Result<T, DecodeError> {
        args.optional(name).map(|value| value.unwrap_or_else(missing))
    }

    fn write(&self, args: &mut ArgWriter) {
        args.arg(self);
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer)
    }

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize(self, serializer)
    }

    fn ask<Target: EmitTarget>(
        target: &Target,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Target::Ack<Plain<T>> {
        target.send_with_ack::<Plain<T>>(event, write)
    }
}

/// A type that can be `error = E`: what a refused event is answered with.
pub trait EventError: EventArg + fmt::Debug + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Serialize + DeserializeOwned + fmt::Debug + Send + 'static> EventError for E {}

/// An error beside its value, for generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an acknowledgement",
    label = "needs `Serialize`, `Deserialize`, `Debug` and `Send`",
    note = "on a type of your own: `#[derive(Debug, serde::Serialize, serde::Deserialize)]`",
    note = "its value, `{T}`, needs the same but `Debug`"
)]
pub trait ErrorBeside<T>: Sized {
    /// Answers with one of the two.
    fn answer(result: &Result<T, Self>, reply: ReplyTo) -> Reply;

    /// Emits an event that is answered with one of the two.
    fn ask<Target: EmitTarget>(
        target: &Target,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Target::Ack<Fallible<T, Self>>;
}

#[diagnostic::do_not_recommend]
impl<T: EventArg + Send + 'static, E: EventError> ErrorBeside<T> for E {
    fn answer(result: &Result<T, Self>, reply: ReplyTo) -> Reply {
        reply.write(&|args| args.arg(&Outcome::of(result)))
    }

    fn ask<Target: EmitTarget>(
        target: &Target,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Target::Ack<Fallible<T, Self>> {
        target.send_with_ack::<Fallible<T, Self>>(event, write)
    }
}
