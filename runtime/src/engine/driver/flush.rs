//! The writing half of a session's task: from the outbox to the transport.

use std::task::{Context, Poll};

use bytes::Bytes;

use super::{Driver, Transport, watch::Stall};
use crate::{
    engine::outbox::{MAX_BYTES, MAX_FRAMES},
    protocol::{close::CloseReason, engine_io::Packet},
};

impl Driver {
    pub(super) fn flush(&mut self, cx: &mut Context<'_>) {
        match &mut self.transport {
            Transport::Polling(_) => self.flush_polling(cx),
            Transport::WebSocket(_) => self.flush_websocket(cx),
            Transport::Farewell(_) | Transport::Gone => {}
        }
    }

    fn flush_websocket(&mut self, cx: &mut Context<'_>) {
        let Transport::WebSocket(reader) = &mut self.transport else { return };
        let mut guard = self.outbox.wire();
        let Some(wire) = guard.as_mut() else { return };
        loop {
            if wire.out.is_empty() {
                if std::mem::take(&mut self.heartbeat) {
                    wire.out.push_bytes(Bytes::from_static(self.dialect.heartbeat_frame()));
                }
                if let Some(pongs) = reader.take_pongs() {
                    wire.out.push_bytes(pongs);
                }
                if !self.outbox.is_empty() {
                    self.outbox.take(&mut wire.out, MAX_FRAMES, MAX_BYTES);
                }
                if wire.out.is_flushed() {
                    break;
                }
            }
            match reader.poll_flush(wire, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.close_code = None;
                    return self.session.fail(CloseReason::TransportError);
                }
                Poll::Pending => {
                    self.outbox.set_writable(false);
                    self.blocked = true;
                    let written = wire.out.written();
                    if self.stall.as_ref().is_none_or(|stall| stall.written != written) {
                        let patience = self.config.ping_interval.saturating_add(self.config.ping_timeout);
                        self.stall =
                            self.now.checked_add(patience).map(|until| Stall { written, until }.into());
                    }
                    return;
                }
            }
        }
        drop(guard);
        if std::mem::take(&mut self.blocked) {
            self.outbox.set_writable(true);
            self.stall = None;
        }
        self.session.handle_flushed();
    }

    fn flush_polling(&mut self, cx: &mut Context<'_>) {
        let Transport::Polling(polling) = &mut self.transport else { return };
        if let Some(probe) = &mut polling.probe {
            if probe.wire.out.is_empty() {
                probe.queue_pongs();
            }
            if let Poll::Ready(Err(_)) = probe.poll_flush(cx) {
                self.session.handle_probe_closed();
            }
        }
        let closing = self.session.is_closing();
        self.blocked = !polling.has_get() && !self.outbox.is_empty();
        if !polling.has_get() || !(closing || self.heartbeat || !self.outbox.is_empty()) {
            return;
        }
        let mut payload = self.dialect.write_payload(self.outbox.queued_bytes() + 4);
        if std::mem::take(&mut self.heartbeat) && !closing {
            payload.packet(&self.dialect.heartbeat());
        }
        if self.session.has_left() {
            self.outbox.clear();
            payload.packet(&Packet::Noop);
        }
        let compress = self.outbox.wants_compression();
        let mut frames = Vec::new();
        self.outbox.take(&mut frames, usize::MAX, usize::MAX);
        for frame in &frames {
            payload.frame(frame);
        }
        // JavaScript's client looks at messages a turn later than at a close in the same payload, and would never see them. So the
        // close comes with the next GET, unless there will be none.
        let last = closing && (frames.is_empty() || self.outbox.is_hurried() || self.session.has_left());
        if last && !self.session.has_left() {
            if payload.is_empty() {
                payload.packet(&Packet::Noop);
            }
            payload.packet(&Packet::Close);
        }
        self.answer_get(payload.finish(), compress);
        if last {
            self.session.handle_flushed();
        }
    }
}
