//! Where generated emitters send: one socket, or the recipients of a broadcast.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    EmitError,
    ack::{AckFuture, AckStream},
    core::{Flags, SocketCore},
    namespace::{NamespaceCore, Namespaces, Queued},
    span,
};
use crate::{
    adapter::{Delivery, Target},
    engine::{Reservation, WhenFull},
    event::{AckShape, AckTypes, ArgWriter, EmitTarget, EventName, Events},
};

/// One socket, with the flags of an emit.
pub struct Socketed {
    socket: Arc<SocketCore>,
    pub(super) volatile: bool,
    pub(super) compress: bool,
    pub(super) timeout: Option<Duration>,
    /// Set while room for one packet is promised.
    pub(super) reserved: Option<Reservation>,
}

impl Socketed {
    pub(super) fn new(socket: Arc<SocketCore>) -> Self {
        Self { socket, volatile: false, compress: true, timeout: None, reserved: None }
    }

    fn flags(&self, otherwise: WhenFull) -> Flags {
        let reserved = self.reserved.as_ref().is_some_and(Reservation::take);
        let when_full = if reserved { WhenFull::Take } else { otherwise };
        Flags { volatile: self.volatile, compress: self.compress, when_full }
    }

    fn try_send(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        when_full: WhenFull,
    ) -> Result<(), EmitError> {
        self.socket.emit(event, write, self.flags(when_full))
    }

    fn try_send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        when_full: WhenFull,
    ) -> Result<AckFuture<A>, EmitError> {
        let flags = self.flags(when_full);
        let (id, receiver) = self.socket.emit_with_ack(event, write, flags, self.timeout)?;
        Ok(AckFuture::waiting(&self.socket, id, receiver))
    }

    pub(super) fn emit_value(&self, event: &impl Events) {
        self.send(event.name(), &|args| event.encode(args));
    }
}

impl fmt::Debug for Socketed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socketed").field("socket", &self.socket.id).finish_non_exhaustive()
    }
}

impl EmitTarget for Socketed {
    type Sent = ();
    type Ack<A: AckTypes> = AckFuture<A>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) {
        if let Err(error) = self.try_send(event, write, WhenFull::Policy) {
            report(&self.socket.namespace, event, &error);
        }
    }

    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> AckFuture<A> {
        self.try_send_with_ack(event, write, WhenFull::Policy).unwrap_or_else(|error| {
            report(&self.socket.namespace, event, &error);
            AckFuture::not_sent(error)
        })
    }
}

/// The recipients of a broadcast, with the flags of an emit.
#[derive(Clone, Debug)]
pub struct Broadcasted {
    /// One; of a dynamic namespace's type, all that are there.
    pub(super) namespaces: Namespaces,
    pub(super) target: Target,
    pub(super) timeout: Option<Duration>,
}

impl Broadcasted {
    fn try_send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) -> Result<(), EmitError> {
        for namespace in &self.namespaces {
            namespace.broadcast(&self.target, event, write)?;
        }
        Ok(())
    }

    fn try_send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Result<AckStream<A>, EmitError> {
        let default = self.namespaces.first().map(|namespace| namespace.limits.ack_timeout);
        let mut stream = AckStream::new(self.timeout.or(default).unwrap_or_default());
        for namespace in &self.namespaces {
            let id = namespace.acks.next_id();
            let mut packet = namespace.writer.event(event, Some(id), write)?;
            packet.compress = self.target.compress;
            let (to, volatile) = ((&self.target).into(), self.target.volatile);
            namespace.observers.emitted(namespace, to, event.plain, &packet, volatile, true);
            stream.register(Arc::clone(namespace), id);
            let span = span::broadcast(&namespace.path, &self.target, event, &packet);
            let _entered = span.enter();
            let mut queued = Queued::default();
            namespace.local.broadcast(&self.target, &packet, |delivery| {
                queued.count(&delivery);
                match delivery {
                    // Before it is queued: the answer may be here before the next line runs.
                    Delivery::Before(socket) => {
                        stream.gathering().expect(&socket.id, namespace.metrics.outstanding())
                    }
                    Delivery::Failed(socket) => stream.gathering().failed(&socket.id),
                }
            });
            queued.tell(&span, &namespace.metrics, event);
        }
        stream.complete();
        Ok(stream)
    }

    pub(super) fn emit_value(&self, event: &impl Events) {
        self.send(event.name(), &|args| event.encode(args));
    }

    fn report(&self, event: EventName<'_>, error: &EmitError) {
        if let Some(namespace) = self.namespaces.first() {
            report(namespace, event, error);
        }
    }
}

impl EmitTarget for Broadcasted {
    type Sent = ();
    type Ack<A: AckTypes> = AckStream<A>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) {
        if let Err(error) = self.try_send(event, write) {
            self.report(event, &error);
        }
    }

    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> AckStream<A> {
        self.try_send_with_ack(event, write).unwrap_or_else(|error| {
            self.report(event, &error);
            AckStream::new(Duration::ZERO).not_sent(error)
        })
    }
}

/// A target whose emits say whether they were queued: what `try_emit()` is made of.
#[derive(Debug)]
pub struct Strictness<T>(pub(super) T);

impl EmitTarget for Strictness<Socketed> {
    type Sent = Result<(), EmitError>;
    type Ack<A: AckTypes> = Result<AckFuture<A>, EmitError>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) -> Self::Sent {
        self.0.try_send(event, write, WhenFull::Refuse)
    }

    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Self::Ack<A> {
        self.0.try_send_with_ack(event, write, WhenFull::Refuse)
    }
}

impl EmitTarget for Strictness<Broadcasted> {
    type Sent = Result<(), EmitError>;
    type Ack<A: AckTypes> = Result<AckStream<A>, EmitError>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) -> Self::Sent {
        self.0.try_send(event, write)
    }

    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Self::Ack<A> {
        self.0.try_send_with_ack(event, write)
    }
}

/// What a plain emit does with an error: a closed socket and a volatile drop are nobody's fault; the rest is logged.
fn report(namespace: &NamespaceCore, event: EventName<'_>, error: &EmitError) {
    match error {
        EmitError::Closed | EmitError::Dropped => {}
        EmitError::Encode(cause) => {
            tracing::warn!(namespace = %namespace.path, event = event.plain, error = %cause, "an event was not sent");
        }
        error => {
            tracing::warn!(namespace = %namespace.path, event = event.plain, %error, "an event was not sent");
        }
    }
}
