//! How a session's task ends: the transport is let go, the application told, and given its grace.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::Instant;

use super::{Driver, Transport};
use crate::{
    engine::transport::{farewell::Farewell, websocket::Stream},
    protocol::{
        close::CloseReason,
        engine_io::{Packet, handshake::ErrorCode},
    },
};

impl Driver {
    /// Nothing more can be sent.
    pub(super) fn end(&mut self) {
        self.heartbeat = false;
        self.blocked = false;
        (self.stall, self.look_at) = (None, None);
        self.outbox.clear();
        let wire = self.outbox.take_wire();
        self.transport = match std::mem::replace(&mut self.transport, Transport::Gone) {
            Transport::Polling(polling) => {
                polling.end(self.dialect.payload_of(&Packet::Close), ErrorCode::BadRequest);
                Transport::Gone
            }
            Transport::WebSocket(reader) => match self.close_code.zip(wire) {
                Some((code, wire)) => {
                    let stream = Stream { reader: *reader, wire };
                    let mut farewell = Farewell::new(stream, code.get(), self.config.flush_timeout);
                    if self.outbox.closing() == Some(CloseReason::PingTimeout) {
                        farewell = farewell.without_waiting();
                    }
                    Transport::Farewell(Box::new(farewell))
                }
                None => Transport::Gone,
            },
            other => other,
        };
    }

    /// Closes a WebSocket that is not the session's.
    pub(super) fn dismiss(&self, stream: Stream, code: u16) {
        tokio::spawn(Farewell::new(stream, code, self.config.flush_timeout));
    }

    pub(super) fn poll_connection(&mut self, cx: &mut Context<'_>) {
        if self.finished {
            return;
        }
        let done = self.connection.poll(cx).is_ready();
        if let Some(grace) = self.grace {
            self.finished = done || Instant::now() >= grace;
        }
    }

    pub(super) fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.transport {
            Transport::Farewell(farewell) => match Pin::new(&mut **farewell).poll(cx) {
                Poll::Ready(()) => {
                    self.transport = Transport::Gone;
                    Poll::Ready(())
                }
                Poll::Pending => Poll::Pending,
            },
            Transport::Gone => Poll::Ready(()),
            Transport::Polling(_) | Transport::WebSocket(_) => Poll::Pending,
        }
    }

    /// Tells the application, unless it has been told, where it can do no more harm.
    pub(super) fn tell_closed(&mut self, reason: CloseReason) {
        self.outbox.close(reason);
        self.outbox.clear();
        drop(self.outbox.take_wire());
        self.registration.metrics.closed(reason);
        if self.grace.is_none() {
            self.grace = Some(self.now);
            let closed = AssertUnwindSafe(|| self.connection.closed(reason));
            if catch_unwind(closed).is_err() {
                tracing::error!(session = ?self.registration.id(), "the application panicked when it was told of a close");
            }
        }
    }
}

impl Drop for Driver {
    /// Aborted, or the runtime ends: what was opened is closed all the same.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.tell_closed(CloseReason::ServerShuttingDown);
        }
    }
}
