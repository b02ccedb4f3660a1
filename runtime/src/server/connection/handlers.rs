//! Starting handlers in order, as many at once as allowed, and what follows when one ends.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use futures_util::stream::StreamExt;
use tracing::Span;

use super::{
    super::{
        EventOutcome, IncomingEvent, Panic, ReceivedEvent,
        app::{Outcome, Step},
        core::SocketCore,
        metrics::{CallLabel, Timing},
        running::{Call, CallKind, Cleanup, Finished, Work, catch, report_panic},
        span,
    },
    Connection,
};
use crate::{
    event::{BoxFuture, Reply},
    id::SocketId,
};

/// What an event in the backlog counts for beside its payload.
const EVENT_OVERHEAD: usize = 128;

/// What an event counts for in the backlog.
fn cost(event: &IncomingEvent) -> usize {
    event.payload.size() + EVENT_OVERHEAD
}

impl Connection {
    pub(super) fn event(&mut self, socket: &Arc<SocketCore>, event: IncomingEvent) {
        let size = cost(&event);
        let (handlers, max, anyone_waits) =
            (self.handlers, self.hub.limits.max_handlers, !self.waiting.is_empty());
        let before = self.backlog_bytes;
        let Some(entry) = self.entry(&socket.id) else { return };
        if entry.gates > 0 || !entry.parked.is_empty() {
            entry.parked.push(event);
            self.backlog_bytes += size;
        } else if handlers >= max || anyone_waits {
            entry.waiting += 1;
            self.waiting.push((socket.id.clone(), event));
            self.backlog_bytes += size;
        } else {
            return self.start(socket, event);
        }
        let max = self.hub.limits.max_backlog_bytes;
        if before <= max && self.backlog_bytes > max {
            self.hub.limits.refusals.backlogs.add();
        }
    }

    /// Starts the handler of an event: it is polled once before this returns.
    pub(super) fn start(&mut self, socket: &Arc<SocketCore>, event: IncomingEvent) {
        let metrics = &socket.namespace.metrics;
        for observer in self.hub.observers.iter() {
            let (namespace, socket) = (&*socket.namespace.path, &socket.id);
            let received = ReceivedEvent { namespace, socket, event: &event };
            if catch(|| observer.received(&received)).is_err() {
                tracing::error!("an observer panicked");
                metrics.panicked(CallLabel::Observer);
            }
        }
        let span = span::event(socket, &event);
        let step = match span.in_scope(|| catch(|| socket.namespace.app.event(socket, event))) {
            Ok(step) => step,
            Err(payload) => {
                span::ended(&span, EventOutcome::Panicked);
                let panic = Panic { what: "an event's arguments", payload };
                return span.in_scope(|| report_panic(socket, CallKind::Event, panic));
            }
        };
        let kind = CallKind::Event;
        let call =
            |what, span, timing| Call { socket: Arc::clone(socket), kind, what, span, timing, cleanup: None };
        let work = match step {
            Step::Done(outcome, became) => {
                span::ended(&span, became);
                return self.outcome(socket, outcome);
            }
            Step::Run(what, timing, future) => Work::Call { call: call(what, span, timing), future },
            Step::Checked(what, timing, future) => Work::Checked { call: call(what, span, timing), future },
        };
        let sequential = socket.namespace.app.sequential();
        if let Some(entry) = self.entry(&socket.id) {
            entry.running += 1;
            entry.gates += u32::from(sequential);
        }
        self.handlers += 1;
        self.run(work);
    }

    pub(super) fn call(
        &mut self,
        socket: &Arc<SocketCore>,
        kind: CallKind,
        what: &'static str,
        cleanup: Option<Cleanup>,
        make: impl FnOnce(&Arc<SocketCore>) -> BoxFuture<'static, Reply>,
    ) {
        let (span, timing) = (Span::none(), Timing::none());
        let call = Call { socket: Arc::clone(socket), kind, what, span, timing, cleanup };
        match catch(|| make(socket)) {
            Ok(future) => self.run(Work::Call { call, future }),
            Err(payload) => {
                report_panic(socket, kind, Panic { what, payload });
                self.finished(Finished::Call { call, outcome: Outcome::DONE });
            }
        }
    }

    /// Polls new work once, at once; what does not end goes among the running, where it is polled again with a real waker.
    pub(super) fn run(&mut self, mut work: Work) {
        match work.poll_once(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(finished) => {
                // Its future is dropped before what comes next starts.
                drop_guarded(work);
                self.finished(finished);
            }
            Poll::Pending => self.running.get_or_insert_default().push(work),
        }
    }

    pub(super) fn outcome(&mut self, socket: &SocketCore, outcome: Outcome) {
        match outcome {
            Outcome::Reply(reply) => {
                if let Some(packet) = reply.0 {
                    let _ = socket.push(packet, false);
                }
            }
            Outcome::Close(reason) => self.core.session.close(reason),
        }
    }

    pub(super) fn finished(&mut self, finished: Finished) {
        match finished {
            Finished::Connect { namespace, id, result } => self.joined(namespace, id, result),
            Finished::Call { call, outcome } => {
                self.outcome(&call.socket, outcome);
                let sequential = call.socket.namespace.app.sequential();
                let (kind, id) = (call.kind, call.socket.id.clone());
                drop(call);
                self.handlers -= usize::from(kind == CallKind::Event);
                if let Some(entry) = self.entry(&id) {
                    match kind {
                        CallKind::Connected => entry.gates -= 1,
                        CallKind::Event => {
                            entry.running -= 1;
                            entry.gates -= u32::from(sequential);
                        }
                        CallKind::Disconnected => entry.disconnecting = false,
                    }
                }
                self.advance();
            }
        }
    }

    /// Starts what may start now.
    pub(super) fn advance(&mut self) {
        if std::mem::replace(&mut self.advancing, true) {
            return;
        }
        while self.handlers < self.hub.limits.max_handlers
            && let Some((socket, event)) = self.next_event()
        {
            self.backlog_bytes = self.backlog_bytes.saturating_sub(cost(&event));
            if !socket.is_dismissed() {
                self.start(&socket, event);
            }
        }
        self.entries.retain(|entry| {
            !entry.left
                || entry.socket.is_none()
                || entry.disconnecting
                || entry.running > 0
                || entry.gates > 0
                || entry.waiting > 0
                || !entry.parked.is_empty()
        });
        self.advancing = false;
    }

    /// The next event whose handler may start.
    fn next_event(&mut self) -> Option<(Arc<SocketCore>, IncomingEvent)> {
        // A socket whose gate has opened comes first: its events are older than any that came after.
        let unparked = self.entries.iter_mut().find_map(|entry| {
            let socket = entry.socket.as_ref().filter(|_| entry.gates == 0)?;
            let event = entry.parked.pop()?;
            Some((Arc::clone(socket), event))
        });
        unparked.or_else(|| {
            let (id, event) = self.waiting.pop()?;
            // An entry stays while events of it wait.
            let entry = self.entry(&id)?;
            entry.waiting -= 1;
            Some((entry.socket.clone()?, event))
        })
    }

    /// Drops the events of a socket that have not been handled: the server wants no more of it.
    pub(super) fn forget_events(&mut self, id: &SocketId) {
        let Some(entry) = self.entry(id) else { return };
        let parked = std::mem::take(&mut entry.parked);
        let mut bytes = parked.iter().map(cost).sum::<usize>();
        if std::mem::take(&mut entry.waiting) > 0 {
            self.waiting.retain(|(of, event)| {
                let keep = of != id;
                bytes += if keep { 0 } else { cost(event) };
                keep
            });
        }
        self.backlog_bytes = self.backlog_bytes.saturating_sub(bytes);
    }

    /// Polls what is running.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        while let Some(running) = &mut self.running {
            match running.poll_next_unpin(cx) {
                Poll::Ready(Some(finished)) => {
                    self.finished(finished);
                    self.tend();
                }
                Poll::Ready(None) => self.running = None,
                Poll::Pending => return,
            }
        }
    }
}

/// Drops a finished future: what it holds is the user's, and may panic.
fn drop_guarded(work: Work) {
    if catch(|| drop(work)).is_err() {
        tracing::error!("dropping a handler panicked");
    }
}
