//! The untyped door, for gateways and migration: events whose names and arguments are known only at run time.

use serde::Serialize;

use super::{AllArgs, ArgWriter, EmitTarget, Emits, EventDef, EventName, Value};
use crate::protocol::socket_io::packet::RESERVED_EVENTS;

/// Stands for both directions of a namespace that is `untyped`.
#[derive(Clone, Copy, Debug)]
pub enum Untyped {}

impl Untyped {
    /// The definition that an untyped handler's event is reported under, whatever its name.
    pub const ANY: EventDef = EventDef::new("*", "event", &[], false);
}

impl Emits for Untyped {
    type Emitter<T: EmitTarget> = UntypedEmitter<T>;

    fn emitter<T: EmitTarget>(target: T) -> UntypedEmitter<T> {
        UntypedEmitter(target)
    }
}

/// Emits events by name.
#[derive(Clone, Copy, Debug)]
pub struct UntypedEmitter<T>(T);

impl<T: EmitTarget> UntypedEmitter<T> {
    /// Emits `name` with these arguments: a tuple has one for each element, a `Vec<Value>` too; `()` has none.
    ///
    /// A [reserved](is_reserved) name is an error of encoding, as is a value that cannot be serialized.
    pub fn event(&self, name: &str, args: impl UntypedArgs) -> T::Sent {
        self.0.send(EventName { plain: name, json: None }, &|writer| args.write(writer))
    }

    /// Emits as [`event`](Self::event) does and asks for an answer, which is all its arguments.
    pub fn event_with_ack(&self, name: &str, args: impl UntypedArgs) -> T::Ack<AllArgs> {
        self.0.send_with_ack(EventName { plain: name, json: None }, &|writer| args.write(writer))
    }
}

/// Whether a name belongs to the protocol's own events (`connect`, `disconnect`…): nobody may emit it.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED_EVENTS.contains(&name)
}

/// The arguments of an untyped event: `()` for none, a tuple of up to eight, or a list of [`Value`]s.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of arguments",
    label = "expected a tuple, `()`, `Vec<Value>` or `&[Value]`",
    note = "for a single argument write a tuple of one: `(value,)`"
)]
pub trait UntypedArgs {
    /// Writes them all.
    fn write(&self, writer: &mut ArgWriter);
}

impl UntypedArgs for () {
    fn write(&self, _: &mut ArgWriter) {}
}

impl UntypedArgs for [Value] {
    fn write(&self, writer: &mut ArgWriter) {
        self.iter().for_each(|value| writer.arg(value));
    }
}

impl UntypedArgs for Vec<Value> {
    fn write(&self, writer: &mut ArgWriter) {
        self.as_slice().write(writer);
    }
}

impl<A: UntypedArgs + ?Sized> UntypedArgs for &A {
    fn write(&self, writer: &mut ArgWriter) {
        (**self).write(writer);
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Serialize),*> UntypedArgs for ($($name,)*) {
            #[allow(non_snake_case, reason = "the type's name serves for its value")]
            fn write(&self, writer: &mut ArgWriter) {
                let ($($name,)*) = self;
                $(writer.arg($name);)*
            }
        }
    };
}

tuples! { A }
tuples! { A B }
tuples! { A B C }
tuples! { A B C D }
tuples! { A B C D E }
tuples! { A B C D E F }
tuples! { A B C D E F G }
tuples! { A B C D E F G H }
