//! Where a client's generated emitters send: to the server.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use super::{
    ack::AckFuture,
    socket::{Answer, EmitFlags, Reservation, SocketShared},
};
use crate::event::{
    AckShape, AckTypes, ArgWriter, ClientToServer, EmitError, EmitTarget, Emits, EventName, Events,
    Namespace, OneSet, Receives,
};

/// The server, with the flags of an emit: what `emit()` of a client is made of.
///
/// A plain emit that can neither be sent nor kept for later is logged and counted.
pub struct ClientTarget {
    socket: Arc<SocketShared>,
    volatile: bool,
    timeout: Option<Duration>,
    /// Set while room for one packet is promised.
    reserved: Option<Reservation>,
}

impl ClientTarget {
    pub(crate) fn new(socket: Arc<SocketShared>) -> Self {
        Self { socket, volatile: false, timeout: None, reserved: None }
    }

    /// What is emitted is dropped if it cannot be sent at once, and never retried.
    pub(crate) fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Answers must come within this time.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn flags(&self) -> EmitFlags {
        let reserved = self.reserved.as_ref().is_some_and(Reservation::take);
        EmitFlags { volatile: self.volatile, timeout: self.timeout, reserved }
    }

    fn try_send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) -> Result<(), EmitError> {
        self.socket.emit(event, write, self.flags(), Instant::now().into_std())
    }

    fn try_send_with_ack(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Result<(u64, oneshot::Receiver<Answer>), EmitError> {
        self.socket.emit_with_ack(event, write, self.flags(), Instant::now().into_std())
    }

    /// Emits an event that is at hand as a value.
    pub(crate) fn emit_value(&self, event: &impl Events) {
        self.send(event.name(), &|args| event.encode(args));
    }

    /// What an emit does with an error: a closed client and a volatile drop are nobody's fault; the rest is logged.
    fn report(&self, event: EventName<'_>, error: &EmitError) {
        let namespace = self.socket.namespace();
        match error {
            EmitError::Closed | EmitError::Dropped => {}
            EmitError::Encode(cause) => {
                tracing::warn!(namespace, event = event.plain, error = %cause, "an event was not sent");
            }
            error => {
                tracing::warn!(namespace, event = event.plain, %error, "an event was not sent");
            }
        }
    }
}

impl fmt::Debug for ClientTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTarget").field("namespace", &self.socket.namespace()).finish_non_exhaustive()
    }
}

impl EmitTarget for ClientTarget {
    type Sent = ();
    type Ack<A: AckTypes> = AckFuture<A>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) {
        if let Err(error) = self.try_send(event, write) {
            if !matches!(error, EmitError::Dropped) {
                self.socket.count_lost(1);
            }
            self.report(event, &error);
        }
    }

    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> AckFuture<A> {
        match self.try_send_with_ack(event, write) {
            Ok((id, receiver)) => AckFuture::waiting(&self.socket, id, receiver),
            Err(error) => {
                self.report(event, &error);
                AckFuture::not_sent(error)
            }
        }
    }
}

/// A target whose emits say whether they were taken: what `try_emit()` is made of.
#[derive(Debug)]
pub struct TryTarget(pub(crate) ClientTarget);

impl EmitTarget for TryTarget {
    type Sent = Result<(), EmitError>;
    type Ack<A: AckTypes> = Result<AckFuture<A>, EmitError>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) -> Self::Sent {
        self.0.try_send(event, write)
    }

    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Self::Ack<A> {
        let (id, receiver) = self.0.try_send_with_ack(event, write)?;
        Ok(AckFuture::waiting(&self.0.socket, id, receiver))
    }
}

/// The right to emit one event, whatever waits already. Dropping it gives the room up.
#[must_use]
pub struct Permit<N: Namespace> {
    target: ClientTarget,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Permit<N> {
    /// Waits for room: while there is a connection in its outbox, otherwise (and always with `retries`) in the buffer of what waits.
    ///
    /// # Errors
    ///
    /// [`EmitError::Closed`] once the client is closed.
    ///
    /// # Cancel safety
    ///
    /// Yes; but the place in the queue is lost.
    pub(crate) async fn reserve(socket: &Arc<SocketShared>) -> Result<Self, EmitError> {
        let reserved = Some(Arc::clone(socket).reserve().await?);
        let target = ClientTarget { reserved, ..ClientTarget::new(Arc::clone(socket)) };
        Ok(Self { target, namespace: PhantomData })
    }

    /// Answers must come within this time.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { target: self.target.timeout(timeout), ..self }
    }

    /// Emits as `try_emit()` does; the event is taken whatever its size. An emitter that is used more than once has room for the first
    /// event only.
    ///
    /// # Errors
    ///
    /// The emitter's methods give [`EmitError::Closed`] if the client was closed meanwhile, [`EmitError::Encode`] if the event cannot be
    /// written.
    pub fn emit<E: Emits>(self) -> E::Emitter<TryTarget>
    where
        N::ClientToServer: OneSet<E>,
    {
        E::emitter(TryTarget(self.target))
    }

    /// As [`emit`](Self::emit), in a namespace with several client-to-server enums: those of `E`.
    pub fn emit_as<E: ClientToServer>(self) -> E::Emitter<TryTarget>
    where
        N: Receives<E>,
    {
        E::emitter(TryTarget(self.target))
    }
}

impl<N: Namespace> fmt::Debug for Permit<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("target", &self.target).finish_non_exhaustive()
    }
}
