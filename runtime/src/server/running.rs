//! User code in flight: polled by its connection's task, its panics caught.

use std::{
    any::Any,
    future::Future,
    ops::{Deref, DerefMut},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tracing::Span;

pub(super) use crate::event::{catch, guarded};

use super::{
    ConnectError, EventOutcome, Panic,
    app::{Admission, Outcome},
    core::SocketCore,
    metrics::{CallLabel, RefusedBy, Timing},
    namespace::NamespaceCore,
    span,
};
use crate::{
    event::{BoxFuture, Reply},
    id::SocketId,
};

/// What is running.
pub(super) enum Work {
    /// `Lifecycle::connect` and the middleware before it.
    Connect {
        namespace: Arc<NamespaceCore>,
        id: SocketId,
        future: BoxFuture<'static, Result<Admission, ConnectError>>,
    },
    /// `Lifecycle::connected`, an event's handler, or `Lifecycle::disconnected`.
    Call { call: Call, future: BoxFuture<'static, Reply> },
    /// Middleware or a guard in front of a handler.
    Checked { call: Call, future: BoxFuture<'static, (Outcome, EventOutcome)> },
}

/// Which call of a socket's application it is.
pub(super) struct Call {
    pub(super) socket: Arc<SocketCore>,
    pub(super) kind: CallKind,
    /// For the logs: the handler's method name.
    pub(super) what: &'static str,
    /// For an event: what its handler runs in.
    pub(super) span: Span,
    /// How long it takes.
    pub(super) timing: Timing,
    /// For `disconnected`: what is left behind is cleaned up when this is dropped, whatever happens to the future.
    pub(super) cleanup: Option<Cleanup>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    Connected,
    Event,
    Disconnected,
}

/// Takes a socket out of its rooms and its namespace when it is dropped.
pub(super) struct Cleanup(pub(super) Arc<SocketCore>);

impl Drop for Cleanup {
    fn drop(&mut self) {
        self.0.namespace.local.rooms.remove(&self.0);
    }
}

/// What became of it.
pub(super) enum Finished {
    Connect { namespace: Arc<NamespaceCore>, id: SocketId, result: Result<Admission, ConnectError> },
    Call { call: Call, outcome: Outcome },
}

impl Work {
    /// Polls once; a panic counts as the end.
    pub(super) fn poll_once(&mut self, cx: &mut Context<'_>) -> Poll<Finished> {
        match self {
            Self::Connect { namespace, id, future } => {
                let polled = guarded(future.as_mut(), cx);
                polled.map(|result| Finished::Connect {
                    namespace: Arc::clone(namespace),
                    id: id.clone(),
                    result: result.unwrap_or_else(|payload| {
                        let panic = Panic { what: "connect", payload };
                        namespace.metrics.panicked(CallLabel::Connect);
                        namespace.metrics.connect_refused(RefusedBy::Panic);
                        tracing::error!(namespace = %namespace.path, panic = panic.message(), "`connect` panicked");
                        Err(ConnectError::new("internal error"))
                    }),
                })
            }
            Self::Call { call, future } => {
                let polled = call.span.in_scope(|| guarded(future.as_mut(), cx));
                polled.map(|result| {
                    call.finish(result.map(|reply| (Outcome::Reply(reply), EventOutcome::Handled)))
                })
            }
            Self::Checked { call, future } => {
                let polled = call.span.in_scope(|| guarded(future.as_mut(), cx));
                polled.map(|result| call.finish(result))
            }
        }
    }
}

impl Future for Work {
    type Output = Finished;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished> {
        self.poll_once(cx)
    }
}

impl Call {
    fn finish(&mut self, result: Result<(Outcome, EventOutcome), Box<dyn Any + Send>>) -> Finished {
        if self.kind == CallKind::Event {
            let became = result.as_ref().map_or(EventOutcome::Panicked, |(_, became)| *became);
            span::ended(&self.span, became);
            self.timing.end(became);
        }
        let call = Self {
            socket: Arc::clone(&self.socket),
            kind: self.kind,
            what: self.what,
            span: std::mem::replace(&mut self.span, Span::none()),
            timing: Timing::none(),
            cleanup: self.cleanup.take(),
        };
        let outcome = result.map(|(outcome, _)| outcome).unwrap_or_else(|payload| {
            let panic = Panic { what: call.what, payload };
            call.span.in_scope(|| report_panic(&call.socket, call.kind, panic));
            Outcome::DONE
        });
        Finished::Call { call, outcome }
    }
}

/// Logs a panic of user code and tells the application.
pub(super) fn report_panic(socket: &Arc<SocketCore>, kind: CallKind, panic: Panic) {
    socket.namespace.metrics.panicked(match kind {
        CallKind::Connected => CallLabel::Connected,
        CallKind::Event => CallLabel::Event,
        CallKind::Disconnected => CallLabel::Disconnected,
    });
    tracing::error!(
        namespace = %socket.namespace.path,
        socket = %socket.id.shown(),
        handler = panic.what(),
        panic = panic.message(),
        "a handler panicked"
    );
    if catch(|| socket.namespace.app.panicked(socket, &panic)).is_err() {
        tracing::error!("`Lifecycle::panicked` panicked");
    }
}

/// What a [`Kept`] can hold.
pub(super) trait Keep {
    /// What stands there when the value has gone.
    fn nothing() -> Box<Self>;
}

impl Keep for dyn Any + Send + Sync {
    fn nothing() -> Box<Self> {
        Box::new(())
    }
}

/// A user's value that lives as long as a socket does. Whoever drops the socket last, in whatever task, does not see it panic.
pub(super) struct Kept<T: Keep + ?Sized>(Box<T>);

impl<T: Keep + ?Sized> Kept<T> {
    pub(super) fn new(value: Box<T>) -> Self {
        Self(value)
    }
}

impl<T: Keep + ?Sized> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Keep + ?Sized> DerefMut for Kept<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Keep + ?Sized> Drop for Kept<T> {
    fn drop(&mut self) {
        let value = std::mem::replace(&mut self.0, T::nothing());
        if catch(|| drop(value)).is_err() {
            tracing::error!("dropping a socket's session or data panicked");
        }
    }
}
