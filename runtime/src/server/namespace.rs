//! A namespace without its types: its sockets, rooms, outstanding answers, and the application behind it.

use std::{
    any::{Any, TypeId},
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Weak},
    time::Duration,
};

use smallvec::SmallVec;
use tracing::Span;

use super::{
    ack::NamespaceAcks,
    app::App,
    core::SocketCore,
    hub::Hub,
    metrics::NamespaceMetrics,
    observer::Observers,
    recovery::{self, Memory, Recovery},
    span,
};
use crate::{
    adapter::{Delivery, JoinError, Local, Room, Target},
    engine::Counters,
    event::{ArgWriter, EncodeError, EventName, PacketWriter},
};

/// Limits of the sockets of a namespace and of the connections they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) ack_timeout: Duration,
    pub(crate) max_acks: usize,
    pub(crate) max_rooms: usize,
    pub(crate) max_namespaces: usize,
    pub(crate) max_handlers: usize,
    pub(crate) max_backlog_bytes: usize,
    pub(crate) max_attachments: usize,
    pub(crate) max_payload: usize,
    /// Of a packet with its attachments; `None`: as much as so many messages may have.
    pub(crate) max_packet_bytes: Option<usize>,
    pub(crate) connect_timeout: Duration,
    pub(crate) recovery: Option<Recovery>,
    /// Threads with a runtime each, for connections of the server's own listener.
    pub(crate) per_core: Option<NonZeroUsize>,
    /// What counts how often they were met.
    pub(crate) refusals: Arc<Counters>,
}

pub(crate) struct NamespaceCore {
    pub(crate) path: Arc<str>,
    pub(crate) writer: PacketWriter,
    pub(crate) local: Local<SocketCore>,
    pub(super) acks: NamespaceAcks,
    pub(super) app: Arc<dyn App>,
    pub(super) observers: Observers,
    pub(super) metrics: NamespaceMetrics,
    pub(crate) limits: Arc<Limits>,
    /// Where recovery is on.
    pub(super) memory: Option<Arc<Memory>>,
    /// The namespace's type.
    pub(super) marker: TypeId,
    /// A value of that type, with what the path says.
    pub(super) params: Box<dyn Any + Send + Sync>,
    /// Where a dynamic namespace is listed while somebody is in it: see [`Seat`](super::hub::Seat).
    pub(super) listed: Option<Weak<Hub>>,
}

impl NamespaceCore {
    /// Encodes an event once and queues it for all that match.
    pub(super) fn broadcast(
        &self,
        target: &Target,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Result<(), EncodeError> {
        let Some(memory) = self.memory.as_ref().filter(|_| !target.volatile) else {
            let mut packet = self.writer.event(event, None, write)?;
            packet.compress = target.compress;
            self.observers.emitted(self, target.into(), event.plain, &packet, target.volatile, false);
            let span = span::broadcast(&self.path, target, event, &packet);
            let _entered = span.enter();
            let mut queued = Queued::default();
            self.local.broadcast(target, &packet, |delivery| queued.count(&delivery));
            queued.tell(&span, &self.metrics, event);
            return Ok(());
        };
        let mut packet = self.writer.event(event, None, &recovery::with_place(write))?;
        packet.compress = target.compress;
        self.observers.emitted(self, target.into(), event.plain, &packet, false, false);
        let span = span::broadcast(&self.path, target, event, &packet);
        let _entered = span.enter();
        let mut queued = Queued::default();
        let now = tokio::time::Instant::now().into_std();
        let sent = memory.send(now, packet, target.clone(), |packet, offset| {
            self.local.broadcast(target, packet, |delivery| {
                queued.count(&delivery);
                if let Delivery::Before(socket) = delivery {
                    socket.set_queued(offset);
                }
            });
            Ok(())
        });
        queued.tell(&span, &self.metrics, event);
        sent
    }

    pub(super) fn join(&self, socket: &Arc<SocketCore>, rooms: &[Room]) -> Result<(), JoinError> {
        let joined =
            rooms.iter().try_for_each(|room| self.local.rooms.join(socket, room, self.limits.max_rooms));
        if matches!(joined, Err(JoinError::TooMany)) {
            self.limits.refusals.rooms.add();
        }
        joined
    }

    pub(super) fn leave(&self, socket: &SocketCore, rooms: &[Room]) {
        for room in rooms {
            self.local.rooms.leave(socket, room);
        }
    }
}

/// How many a broadcast was queued for.
#[derive(Default)]
pub(super) struct Queued(usize);

impl Queued {
    pub(super) fn count<M>(&mut self, delivery: &Delivery<'_, M>) {
        match delivery {
            Delivery::Before(_) => self.0 += 1,
            Delivery::Failed(_) => self.0 -= 1,
        }
    }

    pub(super) fn tell(&self, span: &Span, metrics: &NamespaceMetrics, event: EventName<'_>) {
        if !span.is_disabled() {
            span.record("recipients", self.0);
        }
        metrics.emitted(event, self.0);
    }
}

/// The namespaces a broadcast is for: nearly always one.
pub(super) type Namespaces = SmallVec<[Arc<NamespaceCore>; 1]>;

impl fmt::Debug for NamespaceCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("path", &self.path).finish_non_exhaustive()
    }
}
