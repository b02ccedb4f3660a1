//! A session's task: reads, answers heartbeats, writes what is in the outbox, changes the transport, watches the deadlines.
//!
//! Nothing in it waits for one thing alone: each turn looks at all there is to do. Knows no message's meaning.

mod upgrade;
mod writing;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::time::{Instant, Sleep, sleep_until};
use upgrade::Upgrade;
use writing::Stall;

use super::{
    error::Closed, inbox::Inbox, options::Transport, outbox::Outbox, polling::Polling, requests::Requests,
    session::Control, wake::Wake, websocket::WebSocket,
};
use crate::protocol::{
    close::CloseReason,
    engine_io::{
        Packet,
        client::{Opened, PingDeadline},
        payload::PayloadReader,
    },
};

/// Turns, and packets of a turn, after which others of the runtime come first.
const BUDGET: usize = 64;

/// The transport a session is on.
pub(super) enum Line {
    Polling(Polling),
    WebSocket(Box<WebSocket>),
}

/// What the handshake leaves.
pub(super) struct Beginning {
    pub(super) line: Line,
    /// What came behind the OPEN packet.
    pub(super) unread: Option<PayloadReader>,
}

/// What the task shares with the session's owner.
pub(super) type Shared = (Arc<Control>, Arc<Inbox>, Arc<Outbox>, Arc<Wake>);

/// The owner wants the end.
struct Closing {
    at_latest: Instant,
    /// The server has been told.
    told: bool,
}

pub(super) struct Driver {
    requests: Requests,
    line: Line,
    /// The rest of a polling answer.
    unread: Option<PayloadReader>,
    ping: PingDeadline,
    /// A ping wants its answer.
    pong: bool,
    upgrade: Upgrade,
    stall: Stall,
    closing: Option<Closing>,
    max_payload: Option<usize>,
    timer: Pin<Box<Sleep>>,
    control: Arc<Control>,
    inbox: Arc<Inbox>,
    outbox: Arc<Outbox>,
    wake: Arc<Wake>,
}

impl Driver {
    pub(super) fn new(
        requests: Requests,
        opened: &Opened,
        ping: PingDeadline,
        beginning: Beginning,
        (control, inbox, outbox, wake): Shared,
    ) -> Self {
        let upgrade = match beginning.line {
            Line::Polling(_) => Upgrade::begin(&requests, opened),
            Line::WebSocket(_) => Upgrade::None,
        };
        let driver = Self {
            requests,
            line: beginning.line,
            unread: beginning.unread,
            ping,
            pong: false,
            upgrade,
            stall: Stall::default(),
            closing: None,
            max_payload: opened.max_payload,
            timer: Box::pin(sleep_until(Instant::now())),
            control,
            inbox,
            outbox,
            wake,
        };
        driver.control.set_transport(driver.transport());
        driver
    }

    pub(super) fn transport(&self) -> Transport {
        match self.line {
            Line::Polling(_) => Transport::Polling,
            Line::WebSocket(_) => Transport::WebSocket,
        }
    }

    /// Runs the session to its end, and says it to the owner.
    pub(super) async fn run(mut self) {
        let mut closed = std::future::poll_fn(|cx| self.poll(cx)).await;
        if self.closing.is_some() {
            closed.reason = CloseReason::ForcedClose;
        }
        tracing::debug!(reason = %closed.reason, cause = ?closed.cause, "a session ended");
        self.inbox.close(closed);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Closed> {
        // Before looking for what there is to do: what comes from now on wakes.
        self.wake.register(cx.waker());
        for _ in 0..BUDGET {
            match self.turn(cx) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(closed) => return Poll::Ready(closed),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Does what can be done now; says whether there may be more.
    fn turn(&mut self, cx: &mut Context<'_>) -> Result<bool, Closed> {
        if self.closing.is_none()
            && let Some(at_latest) = self.control.wanted_close()
        {
            self.closing = Some(Closing { at_latest, told: false });
            self.inbox.deafen();
            // Until the server has been told to change over, it has not.
            self.upgrade = Upgrade::None;
        }
        let now = Instant::now();
        // Reads first: a late ping that is there already counts, and so do messages before the end.
        let read = self.read(cx, now)?;
        let upgraded = self.poll_upgrade(cx);
        let written = self.write(cx, now)?;
        let fired = self.watch(cx, now)?;
        Ok(read || upgraded || written || fired)
    }

    fn read(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Closed> {
        let mut progress = false;
        for _ in 0..BUDGET {
            let room = self.inbox.has_room();
            self.ping.handle_reading(now.into_std(), room);
            if !room {
                return Ok(progress);
            }
            let Some(packet) = self.next_packet(cx)? else { return Ok(progress) };
            progress = true;
            match packet {
                Packet::Message(message) => self.inbox.push(message),
                Packet::Ping(_) => {
                    self.ping.handle_ping(now.into_std());
                    self.pong = true;
                }
                Packet::Close => return Err(Closed::new(CloseReason::TransportClose)),
                // Of no meaning from a server here; JavaScript passes over them too.
                Packet::Open(_) | Packet::Pong(_) | Packet::Upgrade | Packet::Noop => {}
            }
        }
        Ok(true)
    }

    /// The next packet; `None` if there is none now.
    fn next_packet(&mut self, cx: &mut Context<'_>) -> Result<Option<Packet>, Closed> {
        loop {
            if let Some(unread) = &mut self.unread {
                match unread.next() {
                    Some(packet) => return packet.map(Some).map_err(Closed::failed),
                    None => self.unread = None,
                }
            }
            match &mut self.line {
                Line::WebSocket(websocket) => {
                    return match websocket.poll_packet(cx) {
                        Poll::Pending => Ok(None),
                        Poll::Ready(packet) => packet.map(Some),
                    };
                }
                Line::Polling(polling) => {
                    if self.closing.is_none() && !self.upgrade.is_pausing() {
                        polling.get(&self.requests);
                    }
                    let Poll::Ready(body) = polling.poll_get(cx) else { return Ok(None) };
                    self.unread = Some(PayloadReader::new(body?, usize::MAX).map_err(Closed::failed)?);
                }
            }
        }
    }

    /// Sets the timer to the next deadline; says whether one that is no end has passed.
    fn watch(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Closed> {
        if self.ping.handle_timeout(now.into_std()) {
            return Err(Closed::new(CloseReason::PingTimeout));
        }
        if self.closing.as_ref().is_some_and(|closing| now >= closing.at_latest) {
            return Err(Closed::new(CloseReason::ForcedClose));
        }
        self.stall.check(now)?;
        if self.upgrade.give_up(now) {
            return Ok(true);
        }
        let next = [
            self.ping.poll_timeout().map(Instant::from_std),
            self.closing.as_ref().map(|closing| closing.at_latest),
            self.stall.deadline(),
            self.upgrade.deadline(),
        ];
        let Some(next) = next.into_iter().flatten().min() else { return Ok(false) };
        if self.timer.deadline() != next {
            self.timer.as_mut().reset(next);
        }
        Ok(self.timer.as_mut().poll(cx).is_ready())
    }
}

impl Drop for Driver {
    /// However the task ends, nobody waits for it in vain.
    fn drop(&mut self) {
        self.outbox.end();
        self.inbox.close(Closed::new(CloseReason::ForcedClose));
    }
}
