//! The task of a session that begins on WebSocket: first it waits for the stream, then it is the session's.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use hyper::upgrade::OnUpgrade;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep},
};
use tracing::{Instrument, Span, instrument::Instrumented};

use super::{
    HandshakeRequest, Outbox, driver::Driver, handle::Shared, registry::Registration,
    transport::websocket::Stream,
};

/// A session that has no stream yet.
pub(super) struct Opening {
    shared: Arc<Shared>,
    upgrade: OnUpgrade,
    /// Set when the stream is not there at once.
    timer: Option<Pin<Box<Sleep>>>,
    /// What the session is opened with, once.
    session: Option<(Arc<HandshakeRequest>, Arc<Outbox>, Registration)>,
    _permit: OwnedSemaphorePermit,
    /// The request's span, of which the connection's is told.
    span: Span,
}

enum Task {
    Opening(Opening),
    Open(Instrumented<Driver>),
}

impl Opening {
    pub(super) fn new(
        shared: &Arc<Shared>,
        upgrade: OnUpgrade,
        request: Arc<HandshakeRequest>,
        outbox: Arc<Outbox>,
        registration: Registration,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let session = Some((request, outbox, registration));
        let span = Span::current();
        Self { shared: Arc::clone(shared), upgrade, timer: None, session, _permit: permit, span }
    }

    /// Begins to wait.
    pub(super) fn spawn(self) {
        let shared = Arc::clone(&self.shared);
        let id = self.session.as_ref().map(|(_, _, registration)| registration.id().clone());
        let task = tokio::spawn(Task::Opening(self));
        if let Some(id) = id {
            shared.registry.set_task(&id, task.abort_handle());
        }
    }

    /// Until hyper lets go of the stream: until the answer is written.
    fn poll_stream(&mut self, cx: &mut Context<'_>) -> Poll<Option<Stream>> {
        let within = self.shared.config.handshake_timeout;
        let upgraded = match Pin::new(&mut self.upgrade).poll(cx) {
            Poll::Ready(upgraded) => Some(upgraded),
            Poll::Pending => {
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(within)));
                ready!(timer.as_mut().poll(cx));
                None
            }
        };
        Poll::Ready(self.shared.upgraded(upgraded))
    }

    fn poll_driver(&mut self, cx: &mut Context<'_>) -> Poll<Option<Instrumented<Driver>>> {
        let stream = {
            let _entered = self.span.clone().entered();
            ready!(self.poll_stream(cx))
        };
        let open = stream.zip(self.session.take()).filter(|(_, (_, outbox, _))| outbox.closing().is_none());
        Poll::Ready(open.map(|(stream, (request, outbox, registration))| {
            let begin = || self.shared.begin_websocket(stream, request, outbox, registration);
            let (driver, span) = self.span.in_scope(begin);
            driver.instrument(span)
        }))
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::Opening(opening) = &mut *self {
            match ready!(opening.poll_driver(cx)) {
                Some(driver) => *self = Self::Open(driver),
                None => return Poll::Ready(()),
            }
        }
        match &mut *self {
            Self::Open(driver) => Pin::new(driver).poll(cx),
            Self::Opening(_) => Poll::Ready(()),
        }
    }
}
