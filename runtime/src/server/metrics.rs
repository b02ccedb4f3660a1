//! What namespaces tell the `metrics` facade. Beside it stands `metrics_off`, with the same names and nothing in them.
//!
//! No label has a value that a client could choose: a namespace is its path as it was declared, with parameters its pattern, and an
//! event is one of the enum's, or `unknown`.

use std::sync::Arc;

use ::metrics::{Counter, Gauge as Handle, Histogram, counter, gauge, histogram};
use parking_lot::RwLock;
use tokio::time::Instant;

use super::{EventOutcome, IncomingEvent};
use crate::{
    engine::metrics::{ByReason, Gauge, names},
    event::{EventDef, EventName},
    protocol::close::CloseReason,
};

/// The label of what has no name, or none that was declared.
const UNKNOWN: &str = "unknown";

/// Who refused a join or an event.
#[derive(Clone, Copy, Debug)]
pub(super) enum RefusedBy {
    /// There is no such namespace.
    Namespace,
    /// A limit of the connection.
    Limit,
    /// The payload does not decode.
    Auth,
    Middleware,
    /// The guard of an event.
    Guard,
    /// `Lifecycle::connect`.
    Connect,
    /// It panicked.
    Panic,
}

/// In which call of the application something happened.
#[derive(Clone, Copy, Debug)]
pub(super) enum CallLabel {
    Connect,
    Connected,
    Event,
    Disconnected,
    Node,
    Observer,
}

/// An event that clients send.
struct Incoming {
    received: Counter,
    duration: Histogram,
    decode_errors: Counter,
    refused: Counter,
    guarded: Counter,
}

/// An event that the server sends.
#[derive(Clone)]
struct Outgoing {
    emitted: Counter,
    deliveries: Counter,
}

struct Inner {
    namespace: &'static str,
    /// By the name on the wire. As many as are declared.
    incoming: ByName<Incoming>,
    unknown: Incoming,
    /// By the name's JSON, which only names of the program have. As many as the program emits.
    outgoing: RwLock<ByName<Outgoing>>,
    unknown_outgoing: Outgoing,
    sockets: Gauge,
    rooms: Gauge,
    acks: Handle,
    ack_timeouts: Counter,
    disconnects: ByReason,
}

/// Sorted, by length first: a search compares few bytes, and hashes none.
struct ByName<T>(Vec<(&'static str, T)>);

impl<T> ByName<T> {
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(entry, _)| (entry.len(), *entry).cmp(&(name.len(), name)))
    }

    fn get(&self, name: &str) -> Option<&T> {
        self.0.get(self.find(name).ok()?).map(|(_, value)| value)
    }

    /// If it is new.
    fn insert(&mut self, name: &'static str, value: T) {
        if let Err(place) = self.find(name) {
            self.0.insert(place, (name, value));
        }
    }
}

/// The numbers of a declared namespace; of one with parameters, of all its paths together.
#[derive(Clone)]
pub(super) struct NamespaceMetrics(Arc<Inner>);

impl NamespaceMetrics {
    /// `each_event` tells of the events that its clients may send.
    pub(super) fn new(
        namespace: &'static str,
        each_event: impl FnOnce(&mut dyn FnMut(&'static EventDef)),
    ) -> Self {
        let mut events = ByName(Vec::new());
        each_event(&mut |event| {
            events.insert(event.name, incoming(namespace, event.name));
        });
        Self(Arc::new(Inner {
            namespace,
            incoming: events,
            unknown: incoming(namespace, UNKNOWN),
            outgoing: RwLock::new(ByName(Vec::new())),
            unknown_outgoing: outgoing(namespace, UNKNOWN),
            sockets: Gauge::new(gauge!(names::SOCKETS, "namespace" => namespace)),
            rooms: Gauge::new(gauge!(names::ROOMS, "namespace" => namespace)),
            acks: gauge!(names::ACKS, "namespace" => namespace),
            ack_timeouts: counter!(names::ACK_TIMEOUTS, "namespace" => namespace),
            disconnects: ByReason::new(
                |reason| counter!(names::DISCONNECTS, "namespace" => namespace, "reason" => reason),
            ),
        }))
    }

    pub(super) fn sockets(&self) -> Gauge {
        self.0.sockets.clone()
    }

    pub(super) fn rooms(&self) -> Gauge {
        self.0.rooms.clone()
    }

    fn named(&self, name: &str) -> &Incoming {
        self.0.incoming.get(name).unwrap_or(&self.0.unknown)
    }

    fn incoming(&self, event: &IncomingEvent) -> &Incoming {
        self.named(&event.name())
    }

    /// An event came, and no handler or middleware has run yet.
    pub(super) fn received(&self, event: &IncomingEvent) -> Timing {
        self.incoming(event).begin()
    }

    /// The same, with its name known.
    pub(super) fn received_as(&self, event: &EventDef) -> Timing {
        self.named(event.name).begin()
    }

    /// Its arguments do not decode.
    pub(super) fn decode_failed(&self, event: &IncomingEvent) {
        self.incoming(event).decode_errors.increment(1);
    }

    /// It was refused.
    pub(super) fn refused(&self, event: &IncomingEvent, by: RefusedBy) {
        let incoming = self.incoming(event);
        let counter = if matches!(by, RefusedBy::Guard) { &incoming.guarded } else { &incoming.refused };
        counter.increment(1);
    }

    /// An event goes to so many sockets.
    pub(super) fn emitted(&self, event: EventName<'_>, deliveries: usize) {
        let Some(json) = event.json else { return self.0.unknown_outgoing.count(deliveries) };
        if let Some(outgoing) = self.0.outgoing.read().get(json) {
            return outgoing.count(deliveries);
        }
        let made = outgoing(self.0.namespace, event.plain);
        made.count(deliveries);
        self.0.outgoing.write().insert(json, made);
    }

    pub(super) fn disconnected(&self, reason: CloseReason) {
        self.0.disconnects.add(reason);
    }

    pub(super) fn connect_refused(&self, by: RefusedBy) {
        connect_refused(self.0.namespace, by);
    }

    pub(super) fn panicked(&self, call: CallLabel) {
        panicked(self.0.namespace, call);
    }

    /// An answer is waited for as long as this lives.
    pub(super) fn outstanding(&self) -> Outstanding {
        self.0.acks.increment(1.0);
        Outstanding(self.clone())
    }
}

impl Incoming {
    fn begin(&self) -> Timing {
        self.received.increment(1);
        Timing(Some((self.duration.clone(), Instant::now())))
    }
}

impl Outgoing {
    fn count(&self, deliveries: usize) {
        self.emitted.increment(1);
        self.deliveries.increment(deliveries as u64);
    }
}

fn incoming(namespace: &'static str, event: &'static str) -> Incoming {
    Incoming {
        received: counter!(names::RECEIVED, "namespace" => namespace, "event" => event),
        duration: histogram!(names::DURATION, "namespace" => namespace, "event" => event),
        decode_errors: counter!(names::DECODE_ERRORS, "namespace" => namespace, "event" => event),
        refused: counter!(
            names::EVENT_REFUSALS,
            "namespace" => namespace, "event" => event, "by" => word(RefusedBy::Middleware),
        ),
        guarded: counter!(
            names::EVENT_REFUSALS,
            "namespace" => namespace, "event" => event, "by" => word(RefusedBy::Guard),
        ),
    }
}

fn outgoing(namespace: &'static str, event: &str) -> Outgoing {
    Outgoing {
        emitted: counter!(names::EMITTED, "namespace" => namespace, "event" => event.to_owned()),
        deliveries: counter!(names::DELIVERIES, "namespace" => namespace, "event" => event.to_owned()),
    }
}

const fn word(by: RefusedBy) -> &'static str {
    match by {
        RefusedBy::Namespace => "namespace",
        RefusedBy::Limit => "limit",
        RefusedBy::Auth => "auth",
        RefusedBy::Middleware => "middleware",
        RefusedBy::Guard => "guard",
        RefusedBy::Connect => "connect",
        RefusedBy::Panic => "panic",
    }
}

fn connect_refused(namespace: &'static str, by: RefusedBy) {
    counter!(names::CONNECT_REFUSALS, "namespace" => namespace, "by" => word(by)).increment(1);
}

fn panicked(namespace: &'static str, call: CallLabel) {
    let call = match call {
        CallLabel::Connect => "connect",
        CallLabel::Connected => "connected",
        CallLabel::Event => "event",
        CallLabel::Disconnected => "disconnected",
        CallLabel::Node => "node",
        CallLabel::Observer => "observer",
    };
    counter!(names::PANICS, "namespace" => namespace, "call" => call).increment(1);
}

/// Somebody wanted to join what is not there.
pub(super) fn no_such_namespace() {
    connect_refused(UNKNOWN, RefusedBy::Namespace);
}

/// How long a handler runs.
pub(super) struct Timing(Option<(Histogram, Instant)>);

impl Timing {
    /// Of what is not measured.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// It has run, unless something in front of it refused.
    pub(super) fn end(&mut self, became: EventOutcome) {
        let ran = matches!(became, EventOutcome::Handled | EventOutcome::Panicked);
        if let Some((histogram, since)) = self.0.take().filter(|_| ran) {
            histogram.record(since.elapsed());
        }
    }
}

/// An answer that is waited for.
pub(super) struct Outstanding(NamespaceMetrics);

impl Outstanding {
    /// It did not come in time.
    pub(super) fn timed_out(&self) {
        self.0.0.ack_timeouts.increment(1);
    }
}

impl Drop for Outstanding {
    fn drop(&mut self) {
        self.0.0.acks.decrement(1.0);
    }
}
