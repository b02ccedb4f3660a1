//! The writing side of a session's task: what goes out next, and when a server that takes nothing is given up.

use std::{
    error::Error,
    fmt,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::{Driver, Line};
use crate::{
    client::engine::{error::Closed, polling::next_body, websocket::Outgoing},
    protocol::{close::CloseReason, engine_io::Packet},
};

/// The server has taken nothing for as long as it may be silent.
#[derive(Debug)]
struct TakesNothing;

impl fmt::Display for TakesNothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server takes nothing that is sent")
    }
}

impl Error for TakesNothing {}

/// Since when a write goes on without a byte being taken.
#[derive(Debug, Default)]
pub(super) struct Stall {
    /// When it is given up, and what had been taken when that was set.
    blocked: Option<(Instant, u64)>,
}

impl Stall {
    fn handle_blocked(&mut self, now: Instant, allowed: Duration, taken: u64) {
        if self.blocked.is_none_or(|(_, before)| before != taken) {
            self.blocked = Some((now + allowed, taken));
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.blocked.map(|(at, _)| at)
    }

    pub(super) fn check(&self, now: Instant) -> Result<(), Closed> {
        match self.deadline() {
            Some(at) if now >= at => Err(Closed::failed(TakesNothing)),
            _ => Ok(()),
        }
    }
}

impl Driver {
    /// Writes what there is; says whether there may be more.
    pub(super) fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Closed> {
        match self.line {
            Line::Polling(_) => self.post(cx),
            Line::WebSocket(_) => self.send(cx, now).map(|()| false),
        }
    }

    fn send(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Closed> {
        let Line::WebSocket(websocket) = &mut self.line else { return Ok(()) };
        let told = self.closing.as_ref().is_some_and(|closing| closing.told);
        if !told {
            let (outbox, upgrade, pong) = (&self.outbox, &mut self.upgrade, &mut self.pong);
            let sent = websocket.poll_send(cx, || {
                if upgrade.take_changed() {
                    return Some(Outgoing::Packet(Packet::Upgrade));
                }
                if std::mem::take(pong) {
                    return Some(Outgoing::Packet(Packet::Pong("".into())));
                }
                outbox.take().map(Outgoing::Frame)
            });
            let Poll::Ready(sent) = sent else {
                self.outbox.set_writable(false);
                self.stall.handle_blocked(now, self.ping.allowed(), websocket.written());
                return Ok(());
            };
            sent?;
            self.stall = Stall::default();
            self.outbox.written();
            self.outbox.set_writable(self.closing.is_none());
        }
        let Some(closing) = &mut self.closing else { return Ok(()) };
        closing.told = true;
        match websocket.poll_close(cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => Err(Closed::new(CloseReason::ForcedClose)),
        }
    }

    fn post(&mut self, cx: &mut Context<'_>) -> Result<bool, Closed> {
        let Line::Polling(polling) = &mut self.line else { return Ok(false) };
        let mut progress = false;
        if let Poll::Ready(posted) = polling.poll_post(cx) {
            posted?;
            // An upgrade may wait for it.
            progress = true;
            self.outbox.written();
            if self.closing.as_ref().is_some_and(|closing| closing.told) {
                return Err(Closed::new(CloseReason::ForcedClose));
            }
        }
        if !polling.is_posting() && !self.upgrade.is_pausing() {
            let pong = std::mem::take(&mut self.pong).then(|| Packet::Pong("".into()));
            if let Some(body) = next_body(&self.outbox, pong, self.max_payload) {
                polling.post(&self.requests, body);
                progress = true;
            } else if let Some(closing) = &mut self.closing {
                polling.post(&self.requests, Bytes::from_static(b"1"));
                closing.told = true;
                progress = true;
            }
        }
        let writable = !polling.is_posting() && !self.upgrade.is_pausing() && self.closing.is_none();
        self.outbox.set_writable(writable);
        // What was begun has to be polled.
        Ok(progress)
    }
}
