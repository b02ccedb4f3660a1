//! Sets of events that no enum describes: none at all, and several enums together.

use std::sync::Arc;

use super::{
    ArgReader, ArgWriter, ClientToServer, DecodeError, Dispatch, Dispatched, EmitTarget, Emits, EventDef,
    EventName, Events, Handles, ReplyTo, ServerToClient, ServerToServer,
};

/// The set without events: what a namespace has for a direction that it does not name.
#[derive(Clone, Copy, Debug)]
pub enum NoEvents {}

/// The emitter of a set that has no single one, none at all or several enums together: it has no methods. Of several, `emit_as::<Enum>()`
/// names the one.
#[derive(Clone, Copy, Debug)]
pub struct NoEmitter(());

impl Emits for NoEvents {
    type Emitter<T: EmitTarget> = NoEmitter;

    fn emitter<T: EmitTarget>(_: T) -> NoEmitter {
        NoEmitter(())
    }
}

impl Events for NoEvents {
    const EVENTS: &'static [EventDef] = &[];

    fn decode(_: &str, _: &mut ArgReader<'_>) -> Result<Option<Self>, DecodeError> {
        Ok(None)
    }

    fn name(&self) -> EventName<'_> {
        match *self {}
    }

    fn encode(&self, _: &mut ArgWriter) {
        match *self {}
    }
}

impl ClientToServer for NoEvents {}
impl ServerToClient for NoEvents {}
impl ServerToServer for NoEvents {}

impl<C, H> Dispatch<C, H> for NoEvents {
    fn dispatch(_: &Arc<H>, _: C, _: &str, _: &mut ArgReader<'_>, _: ReplyTo) -> Dispatched {
        Dispatched::Unknown
    }
}

/// Several enums as one direction of a namespace. Emitting then names the enum, as each has an emitter of its own. Not
/// `Dispatch` but `Handles`: who lacks the handlers of one of them is told which.
macro_rules! several {
    ($($set:ident)*) => {
        impl<$($set: Events),*> Emits for ($($set,)*) {
            type Emitter<T: EmitTarget> = NoEmitter;

            fn emitter<T: EmitTarget>(_: T) -> NoEmitter {
                NoEmitter(())
            }
        }

        impl<N, Ctx: Clone, H, $($set: Events),*> Handles<N, ($($set,)*), Ctx> for H
        where
            $(H: Handles<N, $set, Ctx>,)*
        {
            fn dispatch(
                handler: &Arc<Self>,
                context: Ctx,
                name: &str,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched {
                $(
                    match <H as Handles<N, $set, Ctx>>::dispatch(
                        handler, context.clone(), name, args, reply.clone(),
                    ) {
                        Dispatched::Unknown => {}
                        known => return known,
                    }
                )*
                Dispatched::Unknown
            }

            fn each_event(tell: &mut dyn FnMut(&'static EventDef)) {
                $(<H as Handles<N, $set, Ctx>>::each_event(tell);)*
            }
        }
    };
}

several! { A }
several! { A B }
several! { A B C }
several! { A B C D }
several! { A B C D E }
several! { A B C D E F }
several! { A B C D E F G }
several! { A B C D E F G I }
