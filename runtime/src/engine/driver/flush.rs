//! The writing half of a session's task: from the outbox to the transport.

use std::task::{Context, Poll};

use bytes::Bytes;

use super::{Driver, Transport, watch::Stall};
use crate::protocol::{close::CloseReason, engine_io::Packet};

/// Frames, and about how many bytes of them, handed to the kernel at a time.
const MAX_FRAMES: usize = 64;
const MAX_BYTES: usize = 256 * 1024;

impl Driver {
    pub(super) fn flush(&mut self, cx: &mut Context<'_>) {
        match &mut self.transport {
            Transport::Polling(_) => self.flush_polling(cx),
            Transport::WebSocket(_) => self.flush_websocket(cx),
            Transport::Farewell(_) | Transport::Gone => {}
        }
    }

    fn flush_websocket(&mut self, cx: &mut Context<'_>) {
        let Transport::WebSocket(stream) = &mut self.transport else { return };
        loop {
            if stream.out.is_empty() {
                if std::mem::take(&mut self.heartbeat) {
                    stream.out.push_bytes(Bytes::from_static(self.dialect.heartbeat_frame()));
                }
                stream.queue_pongs();
                self.outbox.take(&mut stream.out, MAX_FRAMES, MAX_BYTES);
            }
            let last = stream.out.is_empty();
            match stream.poll_flush(cx) {
                Poll::Ready(Ok(())) if last => break,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.close_code = None;
                    return self.session.fail(CloseReason::TransportError);
                }
                Poll::Pending => {
                    self.outbox.set_writable(false);
                    self.blocked = true;
                    let written = stream.out.written();
                    if self.stall.is_none_or(|stall| stall.written != written) {
                        let patience = self.config.ping_interval.saturating_add(self.config.ping_timeout);
                        self.stall = self.now.checked_add(patience).map(|until| Stall { written, until });
                    }
                    return;
                }
            }
        }
        if std::mem::take(&mut self.blocked) {
            self.outbox.set_writable(true);
            self.stall = None;
        }
        self.session.handle_flushed();
    }

    fn flush_polling(&mut self, cx: &mut Context<'_>) {
        let Transport::Polling(polling) = &mut self.transport else { return };
        if let Some(probe) = &mut polling.probe {
            if probe.out.is_empty() {
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
