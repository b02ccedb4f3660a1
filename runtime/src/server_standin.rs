//! TO BE REPLACED AT THE MERGE by `server::Socket`: delete this file, its line in lib.rs, and name `server::Socket` in private.rs.

use std::marker::PhantomData;

use crate::event::{AckShape, AckTypes, ArgWriter, EmitTarget, Emits, EmittableOn, EventName, Namespace};

/// Stands for a socket of namespace `N` until there are any.
#[derive(Debug)]
pub struct Socket<N>(PhantomData<fn() -> N>);

impl<N> Socket<N> {
    /// One.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<N> Default for Socket<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N> Clone for Socket<N> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<N: Namespace> Socket<N> {
    /// Nothing.
    pub fn emit(&self) -> <N::ServerToClient as Emits>::Emitter<Nowhere>
    where
        N::ServerToClient: Emits,
    {
        N::ServerToClient::emitter(Nowhere)
    }

    /// Nothing.
    pub fn emit_event<E: EmittableOn<N>>(&self, _: E) {}
}

/// A target that sends nothing.
#[derive(Debug)]
pub struct Nowhere;

impl EmitTarget for Nowhere {
    type Sent = ();
    type Ack<A: AckTypes> = std::future::Ready<Result<A::Value, A::Error>>;

    fn send(&self, _: EventName<'_>, _: &dyn Fn(&mut ArgWriter)) {}

    fn send_with_ack<A: AckShape>(&self, _: EventName<'_>, _: &dyn Fn(&mut ArgWriter)) -> Self::Ack<A> {
        unreachable!("nothing is sent")
    }
}
