//! What `metrics` has, where the feature is off: nothing is told to anybody, and nothing is kept for it.

use super::TransportKind;
use crate::protocol::close::CloseReason;

#[derive(Clone, Default)]
pub(crate) struct Gauge;

impl Gauge {
    pub(crate) fn add(&self) {}
    pub(crate) fn subtract(&self) {}
}

#[derive(Debug)]
pub(crate) struct Refused;

impl Refused {
    pub(crate) fn new(_: &'static str) -> Self {
        Self
    }
    pub(crate) fn add(&self) {}
}

#[derive(Clone)]
pub(crate) struct EngineMetrics;

impl EngineMetrics {
    pub(crate) fn new() -> Self {
        Self
    }
    pub(crate) fn session(&self) -> SessionMetrics {
        SessionMetrics
    }
    pub(crate) fn outbox(&self) -> OutboxMetrics {
        OutboxMetrics(())
    }
}

pub(crate) struct SessionMetrics;

impl SessionMetrics {
    pub(crate) fn opened(&self, _: TransportKind) {}
    pub(crate) fn upgraded(&self) {}
    pub(crate) fn closed(&self, _: CloseReason) {}
    pub(crate) fn received(&self, _: usize) {}
}

#[derive(Default)]
pub(crate) struct OutboxMetrics(());

impl OutboxMetrics {
    pub(crate) fn dropped(&self, _: bool) {}
    pub(crate) fn sent(&self, _: usize, _: TransportKind) {}
    pub(crate) fn waiting(&self, _: usize, _: impl Fn() -> usize) {}
}
