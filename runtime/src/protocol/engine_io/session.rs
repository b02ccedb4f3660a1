//! The life of an Engine.IO session, as a machine without input or output: it is told what happened and when, and says
//! what to do.
//!
//! Knows nothing of bytes, buffers, tasks or clocks. What is queued for the peer is not its affair either: it says when a
//! queue may no longer grow ([`Event::Closed`]) and when nothing more can be sent ([`Event::Ended`]).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Dialect, Message, Packet, handshake::ErrorCode, heart::Heart, heartbeat::Beat, packet::PROBE};
use crate::protocol::close::CloseReason;

/// How often a pending GET is ended while the client waits to change over, as in JavaScript.
const PROBE_CHECK: Duration = Duration::from_millis(100);

/// How long at most a polling session that is closing waits for the GET that takes the close packet, as in JavaScript.
const LAST_GET: Duration = Duration::from_secs(30);

/// How long the POST with a client's CLOSE is left unanswered if no GET is pending. Clients send both at the same time, and
/// the GET may be overtaken on its way; it is to be answered like one that was pending.
const CROSSED_GET: Duration = Duration::from_millis(50);

/// The configured times. All sessions of an engine share one.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// From the opening, and from each pong, to the next ping.
    pub ping_interval: Duration,
    /// How long a pong may take.
    pub ping_timeout: Duration,
    /// How long a probing transport may take.
    pub upgrade_timeout: Duration,
    /// How long a closing WebSocket may take to flush.
    pub flush_timeout: Duration,
}

/// Something for the driver to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Send the [heartbeat](Dialect::heartbeat), before anything that waits.
    Heartbeat,
    /// Answer the probe with `3probe`.
    ProbePong,
    /// End the pending GET with a NOOP.
    Noop,
    /// What follows travels over the WebSocket that was probing; the polling transport is gone.
    Upgraded,
    /// Close the WebSocket that was probing.
    ProbeFailed,
    /// The session has begun to end: tell the application. Comes exactly once. What is queued may still be flushed.
    Closed(CloseReason),
    /// Nothing more can be sent: drop the transport. A GET that is still pending is answered with a CLOSE packet.
    Ended,
}

/// The state of a session.
///
/// ```text
///                     close()                 handle_flushed(), fail(), time is up
///   ──────▶ Open ───────────────▶ Closing ─────────────────────────────────────────▶ Ended
///            │  tells Closed        (flushes)                               tells Ended ▲
///            └──────── fail(), no heartbeat in time, CLOSE or a wrong heartbeat ───────┘
///                                tells Closed and Ended
/// ```
///
/// and, beside it, its transport:
///
/// ```text
///                handle_probe_opened()            2probe: tells ProbePong
///   ──▶ Polling ───────────────────────▶ probing ─────────────────────────▶ probed
///         ▲                                │  │                              │  │ each 100 ms a pending
///         └────────────────────────────────┘  │                              │  │ GET is ended: Noop
///           any other packet, close, timeout; │◀─────────────────────────────┘◀─┘
///           tells ProbeFailed                 │ 5
///                                             ▼ tells Upgraded
///   ──────────────────────────────────────▶ WebSocket
/// ```
///
/// Feed it with the `handle_*` methods, then take [`poll_event`](Self::poll_event) until it is `None`, then see that
/// [`handle_timeout`](Self::handle_timeout) is called at [`poll_timeout`](Self::poll_timeout). Deadlines hold on access too: call
/// `handle_timeout` with the current time before anything else.
#[derive(Debug)]
pub struct Session {
    timing: Arc<Timing>,
    heartbeat: Heart,
    phase: Phase,
    transport: Transport,
    /// The client has sent CLOSE by polling.
    left: bool,
    pending: Pending,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Open,
    Closing { reason: CloseReason, until: Instant },
    Ended(CloseReason),
}

#[derive(Debug)]
enum Transport {
    Polling {
        /// Whether a GET is pending.
        get: bool,
        /// Whether a POST is on its way in.
        post: bool,
        probe: Option<Probe>,
    },
    WebSocket,
}

#[derive(Debug)]
struct Probe {
    give_up: Instant,
    /// From when a pending GET is ended; `None` before `2probe`.
    noop_from: Option<Instant>,
}

/// Events that were not taken yet: each at most once, told in this order.
#[derive(Debug, Default)]
struct Pending {
    heartbeat: bool,
    probe_pong: bool,
    noop: bool,
    upgraded: bool,
    probe_failed: bool,
    closed: bool,
    ended: bool,
}

impl Session {
    /// A session that was opened by a polling handshake.
    #[must_use]
    pub fn polling(now: Instant, timing: impl Into<Arc<Timing>>, dialect: Dialect) -> Self {
        Self::new(now, timing.into(), dialect, Transport::Polling { get: false, post: false, probe: None })
    }

    /// A session that was opened by a WebSocket handshake.
    #[must_use]
    pub fn websocket(now: Instant, timing: impl Into<Arc<Timing>>, dialect: Dialect) -> Self {
        Self::new(now, timing.into(), dialect, Transport::WebSocket)
    }

    fn new(now: Instant, timing: Arc<Timing>, dialect: Dialect, transport: Transport) -> Self {
        let heartbeat = Heart::new(dialect, now, &timing);
        Self { timing, heartbeat, phase: Phase::Open, transport, left: false, pending: Pending::default() }
    }

    /// Whether the session has not begun to end.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Whether the session is closing and its transport is to be flushed.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing { .. })
    }

    /// A packet came over the session's transport. Gives back what is for the application.
    ///
    /// Pinging is the business of one side, so a client that sends what is the server's to send is closed. Packets that mean nothing
    /// here are ignored, as in JavaScript; so is everything but CLOSE once the session is closing.
    #[must_use]
    pub fn handle_packet(&mut self, now: Instant, packet: Packet) -> Option<Message> {
        match packet {
            Packet::Message(message) => return self.is_open().then_some(message),
            Packet::Ping(_) | Packet::Pong(_) if self.is_open() => {
                let beat = self.heartbeat.handle_packet(now, &packet);
                self.handle_beat(beat);
            }
            Packet::Close => self.handle_close_packet(now),
            Packet::Open(_) | Packet::Ping(_) | Packet::Pong(_) | Packet::Upgrade | Packet::Noop => {}
        }
        None
    }

    fn handle_beat(&mut self, beat: Option<Beat>) {
        match beat {
            Some(Beat::Send) => self.pending.heartbeat = true,
            Some(Beat::Dead) => self.fail(CloseReason::PingTimeout),
            Some(Beat::WrongWay) => self.fail(CloseReason::TransportError),
            None => {}
        }
    }

    fn handle_close_packet(&mut self, now: Instant) {
        let reason = CloseReason::TransportClose;
        match (self.phase, &self.transport) {
            (Phase::Ended(_), _) => {}
            (Phase::Open, Transport::Polling { get: false, .. }) => {
                self.pending.closed = true;
                self.phase = Phase::Closing { reason, until: now + CROSSED_GET };
                self.left = true;
                self.handle_probe_closed();
            }
            (_, Transport::Polling { get: true, .. }) => {
                self.pending.noop = true;
                self.fail(reason);
            }
            _ => self.fail(reason),
        }
    }

    /// Whether the client has closed by polling, and its POST is not to be answered before the session has ended. A GET that comes
    /// before that is answered with a NOOP alone.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.left
    }

    /// A GET came in. `Ok` if it is now the pending one.
    ///
    /// # Errors
    ///
    /// The answer for a GET that is not accepted. One that comes while another is pending ends the session.
    pub fn handle_get(&mut self) -> Result<(), ErrorCode> {
        match &mut self.transport {
            _ if matches!(self.phase, Phase::Ended(_)) => Err(ErrorCode::UnknownSession),
            Transport::WebSocket => Err(ErrorCode::BadRequest),
            Transport::Polling { get: get @ false, .. } => {
                *get = true;
                Ok(())
            }
            Transport::Polling { get: true, .. } => {
                self.fail(CloseReason::TransportError);
                Err(ErrorCode::BadRequest)
            }
        }
    }

    /// The pending GET has been answered.
    pub fn handle_get_answered(&mut self) {
        if let Transport::Polling { get, .. } = &mut self.transport {
            *get = false;
        }
    }

    /// The peer gave the pending GET up.
    pub fn handle_get_cancelled(&mut self) {
        if let Transport::Polling { get, .. } = &mut self.transport
            && std::mem::take(get)
        {
            self.fail(CloseReason::TransportError);
        }
    }

    /// A POST has begun to come in.
    ///
    /// # Errors
    ///
    /// The answer for a POST that is not accepted. One that comes while another is on its way ends the session.
    pub fn handle_post(&mut self) -> Result<(), ErrorCode> {
        match &mut self.transport {
            _ if matches!(self.phase, Phase::Ended(_)) => Err(ErrorCode::UnknownSession),
            Transport::WebSocket => Err(ErrorCode::BadRequest),
            Transport::Polling { post: post @ false, .. } => {
                *post = true;
                Ok(())
            }
            Transport::Polling { post: true, .. } => {
                self.fail(CloseReason::TransportError);
                Err(ErrorCode::BadRequest)
            }
        }
    }

    /// The POST has been taken in and answered.
    pub fn handle_post_answered(&mut self) {
        if let Transport::Polling { post, .. } = &mut self.transport {
            *post = false;
        }
    }

    /// A WebSocket was opened for this session. Whether it may try to take over; if not, close it: it costs the session nothing.
    #[must_use]
    pub fn handle_probe_opened(&mut self, now: Instant) -> bool {
        match &mut self.transport {
            Transport::Polling { probe: probe @ None, .. } if !matches!(self.phase, Phase::Ended(_)) => {
                *probe = Some(Probe { give_up: now + self.timing.upgrade_timeout, noop_from: None });
                true
            }
            _ => false,
        }
    }

    /// A packet came over the probing WebSocket.
    pub fn handle_probe_packet(&mut self, now: Instant, packet: &Packet) {
        let Transport::Polling { probe: Some(probe), get, .. } = &mut self.transport else { return };
        match packet {
            Packet::Ping(data) if *data == PROBE => {
                self.pending.probe_pong = true;
                probe.noop_from = Some(now);
                self.end_get_for_probe(now);
            }
            Packet::Upgrade => {
                self.pending.noop = *get;
                self.pending.upgraded = true;
                self.transport = Transport::WebSocket;
                if let Phase::Closing { until, .. } = &mut self.phase {
                    *until = now + self.timing.flush_timeout;
                }
            }
            _ => self.handle_probe_closed(),
        }
    }

    /// The probing WebSocket closed, failed, or sent what is no packet. The session goes on polling.
    pub fn handle_probe_closed(&mut self) {
        if let Transport::Polling { probe, .. } = &mut self.transport
            && probe.take().is_some()
        {
            self.pending.probe_failed = true;
        }
    }

    /// Whether the transport is being read. While it is not, the deadline of a pong stands still.
    pub fn handle_reading(&mut self, now: Instant, reading: bool) {
        self.heartbeat.handle_reading(now, reading);
    }

    /// Begins to close in good order: the driver flushes what is queued, tells the peer, and calls
    /// [`handle_flushed`](Self::handle_flushed). For reasons that mean that the transport is of no use any more it ends at once.
    pub fn close(&mut self, now: Instant, reason: CloseReason) {
        if !self.is_open() {
            return;
        }
        let until = match (reason, &self.transport) {
            (
                CloseReason::TransportClose
                | CloseReason::TransportError
                | CloseReason::PingTimeout
                | CloseReason::Overflow,
                _,
            ) => return self.fail(reason),
            (_, Transport::Polling { .. }) => now + self.last_get(),
            (_, Transport::WebSocket) => now + self.timing.flush_timeout,
        };
        self.pending.closed = true;
        self.phase = Phase::Closing { reason, until };
    }

    /// A client whose heartbeat would be overdue is not waited for either.
    fn last_get(&self) -> Duration {
        LAST_GET.min(self.timing.ping_interval.saturating_add(self.timing.ping_timeout))
    }

    /// Ends a close for which a GET would have to come, and never will: the listener is closed.
    pub fn hurry(&mut self) {
        if let (Phase::Closing { reason, .. }, Transport::Polling { get: false, .. }) =
            (self.phase, &self.transport)
        {
            self.fail(reason);
        }
    }

    /// Everything was written, the end included.
    pub fn handle_flushed(&mut self) {
        if let Phase::Closing { reason, .. } = self.phase {
            self.fail(reason);
        }
    }

    /// The transport is gone or unusable: there is nothing to flush. The first reason stays.
    pub fn fail(&mut self, reason: CloseReason) {
        let reason = match self.phase {
            Phase::Open => {
                self.pending.closed = true;
                reason
            }
            Phase::Closing { reason, .. } => reason,
            Phase::Ended(_) => return,
        };
        self.phase = Phase::Ended(reason);
        self.pending.heartbeat = false;
        self.pending.ended = true;
        self.handle_probe_closed();
    }

    fn end_get_for_probe(&mut self, now: Instant) {
        if let Transport::Polling { get: true, probe: Some(Probe { noop_from: Some(from), .. }), .. } =
            &mut self.transport
            && now >= *from
        {
            *from = now + PROBE_CHECK;
            self.pending.noop = true;
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.phase {
            Phase::Open => {
                let reachable =
                    matches!(self.transport, Transport::WebSocket | Transport::Polling { get: true, .. });
                let beat = self.heartbeat.handle_timeout(now, reachable);
                self.handle_beat(beat);
            }
            Phase::Closing { reason, until } if now >= until => self.fail(reason),
            Phase::Closing { .. } | Phase::Ended(_) => {}
        }
        if let Transport::Polling { probe: Some(probe), .. } = &self.transport {
            if now >= probe.give_up {
                self.handle_probe_closed();
            } else {
                self.end_get_for_probe(now);
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next, if nothing happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let life = match self.phase {
            Phase::Open => self.heartbeat.poll_timeout(),
            Phase::Closing { until, .. } => Some(until),
            Phase::Ended(_) => return None,
        };
        let Transport::Polling { get, probe: Some(probe), .. } = &self.transport else { return life };
        let noop = if *get { probe.noop_from } else { None };
        [life, noop, Some(probe.give_up)].into_iter().flatten().min()
    }

    /// The next thing to do.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        let reason = match self.phase {
            Phase::Open => CloseReason::TransportClose,
            Phase::Closing { reason, .. } | Phase::Ended(reason) => reason,
        };
        let Pending { heartbeat, probe_pong, noop, upgraded, probe_failed, closed, ended } =
            &mut self.pending;
        [
            (heartbeat, Event::Heartbeat),
            (probe_pong, Event::ProbePong),
            (noop, Event::Noop),
            (upgraded, Event::Upgraded),
            (probe_failed, Event::ProbeFailed),
            (closed, Event::Closed(reason)),
            (ended, Event::Ended),
        ]
        .into_iter()
        .find_map(|(flag, event)| std::mem::take(flag).then_some(event))
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
