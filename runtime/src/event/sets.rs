//! Sets of events that no enum describes: none at all, and several enums together.

use std::sync::Arc;

use super::{
    ArgReader, ArgWriter, ClientToServer, DecodeError, Dispatched, EmitTarget, Emits, EventDef, EventName,
    Events, Handled, HandledBy, ReplyTo, ServerToClient, ServerToServer, Shared,
};

/// The set without events: what a namespace has for a direction that it does not name.
#[derive(Clone, Copy, Debug)]
pub enum NoEvents {}

/// The emitter of a set without events: it has no methods.
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

impl<N, C, H> HandledBy<N, C, H> for NoEvents {
    fn dispatch(_: &Arc<H>, _: C, _: &str, _: &mut ArgReader<'_>, _: ReplyTo) -> Dispatched
    where
        H: Shared,
    {
        Dispatched::Unknown
    }

    fn each_event(_: &mut dyn FnMut(&'static EventDef)) {}
}

/// Several enums as one direction of a namespace. They have no [`Emits`]: emitting names the enum, as each has an emitter of its own. Who
/// lacks the handlers of one of them is told which.
macro_rules! several {
    ($($set:ident)*) => {
        impl<N, Ctx: Clone, H, $($set: Events),*> HandledBy<N, Ctx, H> for ($($set,)*)
        where
            $($set: Handled<N, Ctx, H>,)*
        {
            fn dispatch(
                handler: &Arc<H>,
                context: Ctx,
                name: &str,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                H: Shared,
            {
                $(
                    match <$set as Handled<N, Ctx, H>>::dispatch(
                        handler, context.clone(), name, args, reply.clone(),
                    ) {
                        Dispatched::Unknown => {}
                        known => return known,
                    }
                )*
                Dispatched::Unknown
            }

            fn each_event(tell: &mut dyn FnMut(&'static EventDef)) {
                $(<$set as Events>::EVENTS.iter().for_each(&mut *tell);)*
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
