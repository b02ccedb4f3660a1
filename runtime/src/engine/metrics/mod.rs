//! What the engine tells the `metrics` facade. Beside it stands `metrics_off`, with the same names and nothing in them.
//!
//! Handles are taken once, when an engine or a namespace is made, from the recorder that is installed then; afterwards a number
//! is one atomic instruction.

pub(crate) mod names;

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use ::metrics::{counter, gauge};

use super::{TransportKind, sync::AtomicUsize};
use crate::protocol::close::CloseReason;

/// Something that is there or not.
#[derive(Clone)]
pub(crate) struct Gauge(::metrics::Gauge);

impl Gauge {
    pub(crate) fn new(gauge: ::metrics::Gauge) -> Self {
        Self(gauge)
    }

    pub(crate) fn add(&self) {
        self.0.increment(1.0);
    }

    pub(crate) fn subtract(&self) {
        self.0.decrement(1.0);
    }
}

impl Default for Gauge {
    /// One that nobody reads.
    fn default() -> Self {
        Self(::metrics::Gauge::noop())
    }
}

/// How often something was refused for one cause.
pub(crate) struct Refused(::metrics::Counter);

impl Refused {
    pub(crate) fn new(cause: &'static str) -> Self {
        Self(counter!(names::REFUSALS, "cause" => cause))
    }

    pub(crate) fn add(&self) {
        self.0.increment(1);
    }
}

impl std::fmt::Debug for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refused")
    }
}

/// A number for each transport.
struct ByTransport<T> {
    polling: T,
    websocket: T,
}

impl<T> ByTransport<T> {
    fn new(make: impl Fn(&'static str) -> T) -> Self {
        Self {
            polling: make(TransportKind::Polling.as_str()),
            websocket: make(TransportKind::WebSocket.as_str()),
        }
    }

    fn of(&self, transport: TransportKind) -> &T {
        match transport {
            TransportKind::Polling => &self.polling,
            TransportKind::WebSocket => &self.websocket,
        }
    }
}

/// The word for a reason: JavaScript's, but for the one that JavaScript does not have.
const fn word(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Overflow => "overflow",
        reason => reason.as_str(),
    }
}

struct Engine {
    sessions: ByTransport<::metrics::Gauge>,
    opened: ByTransport<::metrics::Counter>,
    upgrades: ::metrics::Counter,
    received: ByTransport<::metrics::Counter>,
    sent: ByTransport<::metrics::Counter>,
    waiting: ::metrics::Gauge,
    dropped: ::metrics::Counter,
    overflowed: ::metrics::Counter,
    closed: ByReason,
}

/// A number for each reason of a close.
pub(crate) struct ByReason(Vec<(CloseReason, ::metrics::Counter)>);

impl ByReason {
    pub(crate) fn new(make: impl Fn(&'static str) -> ::metrics::Counter) -> Self {
        Self(CloseReason::ALL.iter().map(|reason| (*reason, make(word(*reason)))).collect())
    }

    pub(crate) fn add(&self, because: CloseReason) {
        if let Some((_, counter)) = self.0.iter().find(|(reason, _)| *reason == because) {
            counter.increment(1);
        }
    }
}

/// The numbers of an engine.
#[derive(Clone)]
pub(crate) struct EngineMetrics(Arc<Engine>);

impl EngineMetrics {
    pub(crate) fn new() -> Self {
        names::describe();
        Self(Arc::new(Engine {
            sessions: ByTransport::new(|transport| gauge!(names::SESSIONS, "transport" => transport)),
            opened: ByTransport::new(|transport| counter!(names::OPENED, "transport" => transport)),
            upgrades: counter!(names::UPGRADES),
            received: ByTransport::new(|transport| counter!(names::RECEIVED_BYTES, "transport" => transport)),
            sent: ByTransport::new(|transport| counter!(names::SENT_BYTES, "transport" => transport)),
            waiting: gauge!(names::WAITING),
            dropped: counter!(names::DROPPED, "kind" => "volatile"),
            overflowed: counter!(names::DROPPED, "kind" => "overflow"),
            closed: ByReason::new(|reason| counter!(names::CLOSED, "reason" => reason)),
        }))
    }

    /// For a session about to open.
    pub(crate) fn session(&self) -> SessionMetrics {
        SessionMetrics { engine: self.clone(), state: AtomicU8::new(NOT_OPEN) }
    }

    /// For its outbox.
    pub(crate) fn outbox(&self) -> OutboxMetrics {
        OutboxMetrics { engine: Some(self.clone()), waiting: AtomicUsize::new(0) }
    }
}

const NOT_OPEN: u8 = 0;
const POLLING: u8 = 1;
const WEBSOCKET: u8 = 2;

/// The numbers of one session.
pub(crate) struct SessionMetrics {
    engine: EngineMetrics,
    /// As what it counts among those that are open.
    state: AtomicU8,
}

impl SessionMetrics {
    pub(crate) fn opened(&self, transport: TransportKind) {
        self.count(Some(transport));
        self.engine.0.opened.of(transport).increment(1);
    }

    pub(crate) fn upgraded(&self) {
        self.count(Some(TransportKind::WebSocket));
        self.engine.0.upgrades.increment(1);
    }

    /// Of several calls the first one counts.
    pub(crate) fn closed(&self, because: CloseReason) {
        if self.count(None) {
            self.engine.0.closed.add(because);
        }
    }

    pub(crate) fn received(&self, bytes: usize) {
        let transport = match self.state.load(Ordering::Relaxed) {
            POLLING => TransportKind::Polling,
            _ => TransportKind::WebSocket,
        };
        self.engine.0.received.of(transport).increment(bytes as u64);
    }

    /// Counts it as on this transport, and no longer as it did. `true` if it did.
    fn count(&self, on: Option<TransportKind>) -> bool {
        let sessions = &self.engine.0.sessions;
        let state = match on {
            None => NOT_OPEN,
            Some(TransportKind::Polling) => POLLING,
            Some(TransportKind::WebSocket) => WEBSOCKET,
        };
        if let Some(transport) = on {
            sessions.of(transport).increment(1.0);
        }
        match self.state.swap(state, Ordering::Relaxed) {
            POLLING => sessions.polling.decrement(1.0),
            WEBSOCKET => sessions.websocket.decrement(1.0),
            _ => return false,
        }
        true
    }
}

impl Drop for SessionMetrics {
    fn drop(&mut self) {
        self.closed(CloseReason::TransportClose);
    }
}

/// The numbers of one outbox.
#[derive(Default)]
pub(crate) struct OutboxMetrics {
    engine: Option<EngineMetrics>,
    /// What it counts for among what waits.
    waiting: AtomicUsize,
}

impl OutboxMetrics {
    pub(crate) fn dropped(&self, volatile: bool) {
        if let Some(EngineMetrics(engine)) = &self.engine {
            let counter = if volatile { &engine.dropped } else { &engine.overflowed };
            counter.increment(1);
        }
    }

    pub(crate) fn sent(&self, bytes: usize, transport: TransportKind) {
        if let Some(engine) = self.engine.as_ref().filter(|_| bytes > 0) {
            engine.0.sent.of(transport).increment(bytes as u64);
        }
    }

    /// To be called with what waits whenever that has changed. As long as the transport takes everything, nothing is told to anybody.
    ///
    /// Of two threads that have changed it, the one that saw the older number may be the last to tell it, so each looks again afterwards:
    /// by `now`, under the lock under which it changes. Either that sees the last change, or the one who made it has not
    /// called this and finds here what was told.
    pub(crate) fn waiting(&self, mut stuck: usize, now: impl Fn() -> usize) {
        if stuck == 0 && self.waiting.load(Ordering::Relaxed) == 0 {
            return;
        }
        loop {
            self.count(stuck);
            let after = now();
            if after == stuck {
                return;
            }
            stuck = after;
        }
    }

    fn count(&self, stuck: usize) {
        let Some(engine) = &self.engine else { return };
        // Of two at once each sees what the other left: the sum is right whoever comes last.
        let before = self.waiting.swap(stuck, Ordering::Relaxed);
        if stuck > before {
            engine.0.waiting.increment((stuck - before) as f64);
        } else {
            engine.0.waiting.decrement((before - stuck) as f64);
        }
    }
}

impl Drop for OutboxMetrics {
    fn drop(&mut self) {
        self.count(0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::EngineMetrics;

    #[test]
    fn what_waits_is_told_anew_if_it_has_changed_meanwhile() {
        let outbox = EngineMetrics::new().outbox();
        // Another thread has taken what was there, and told so before this one came to telling what it had seen.
        outbox.waiting(100, || 0);
        assert_eq!(outbox.waiting.load(Ordering::Relaxed), 0);
    }
}

/// Of what is told to the gauge, on shuttle.
#[cfg(all(test, shuttle))]
mod models {
    use std::sync::{Arc, atomic::Ordering};

    use shuttle::{check_pct, check_random, thread};

    use super::EngineMetrics;
    use crate::{
        engine::Outbox,
        protocol::frame::{Encoded, Frame},
    };

    fn the_last_word_is_what_waits() {
        let told = Arc::new(EngineMetrics::new());
        let outbox = Arc::new(Outbox::new(1000).with_metrics(told.outbox()));
        let threads: [fn(&Outbox); 3] = [
            |outbox| outbox.set_writable(false),
            |outbox| outbox.push(&Encoded::new(Frame::text("four")), false).unwrap(),
            |outbox| outbox.take(&mut Vec::new(), 1, 1000),
        ];
        let threads = threads.map(|act| {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || act(&outbox))
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(outbox.metrics().waiting.load(Ordering::SeqCst), outbox.queued_bytes());
        outbox.set_writable(true);
        assert_eq!(outbox.metrics().waiting.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn of_threads_that_change_what_waits_the_last_to_tell_is_right() {
        check_random(the_last_word_is_what_waits, 4000);
        check_pct(the_last_word_is_what_waits, 4000, 3);
    }
}
