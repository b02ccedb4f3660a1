//! What `metrics` has, where the feature is off: nothing is told to anybody, and nothing is kept for it.

use super::{EventOutcome, IncomingEvent};
use crate::{
    engine::metrics::Gauge,
    event::{EventDef, EventName},
    protocol::close::CloseReason,
};

#[derive(Clone, Copy, Debug)]
pub(super) enum RefusedBy {
    Limit,
    Auth,
    Middleware,
    Guard,
    Connect,
    Panic,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum CallLabel {
    Connect,
    Connected,
    Event,
    Disconnected,
    Node,
    Observer,
}

#[derive(Clone)]
pub(super) struct NamespaceMetrics;

impl NamespaceMetrics {
    pub(super) fn new(_: &'static str, _: impl FnOnce(&mut dyn FnMut(&'static EventDef))) -> Self {
        Self
    }
    pub(super) fn sockets(&self) -> Gauge {
        Gauge
    }
    pub(super) fn rooms(&self) -> Gauge {
        Gauge
    }
    pub(super) fn received(&self, _: &IncomingEvent) -> Timing {
        Timing
    }
    pub(super) fn received_as(&self, _: &EventDef) -> Timing {
        Timing
    }
    pub(super) fn decode_failed(&self, _: &IncomingEvent) {}
    pub(super) fn refused(&self, _: &IncomingEvent, _: RefusedBy) {}
    pub(super) fn emitted(&self, _: EventName<'_>, _: usize) {}
    pub(super) fn disconnected(&self, _: CloseReason) {}
    pub(super) fn connect_refused(&self, _: RefusedBy) {}
    pub(super) fn panicked(&self, _: CallLabel) {}
    pub(super) fn outstanding(&self) -> Outstanding {
        Outstanding
    }
}

pub(super) fn no_such_namespace() {}

pub(super) struct Timing;

impl Timing {
    pub(super) const fn none() -> Self {
        Self
    }
    pub(super) fn end(&mut self, _: EventOutcome) {}
}

pub(super) struct Outstanding;

impl Outstanding {
    pub(super) fn timed_out(&self) {}
}
