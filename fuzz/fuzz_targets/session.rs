//! A session's state machine: inputs of a peer and of the driver, and the time between them.
#![no_main]

use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sockeye::{
    CloseReason,
    protocol::engine_io::{
        Dialect, Message, Packet,
        packet::PROBE,
        session::{Event, Session, Timing},
    },
};

#[derive(Arbitrary, Debug)]
struct Input {
    websocket: bool,
    v4: bool,
    interval: u16,
    timeout: u16,
    upgrade: u16,
    flush: u16,
    /// Whether the driver sleeps through deadlines; a good one does not.
    lazy: bool,
    steps: Vec<(u16, Step)>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Step {
    Packet(Kind),
    Probe(Kind),
    ProbeOpened,
    ProbeClosed,
    Get,
    GetAnswered,
    GetCancelled,
    Post,
    PostAnswered,
    Reading(bool),
    Close(u8),
    Flushed,
    Fail(u8),
    Nothing,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Kind {
    Open,
    Close,
    Ping,
    ProbePing,
    Pong,
    Text,
    Binary,
    Upgrade,
    Noop,
}

impl Kind {
    fn packet(self) -> Packet {
        match self {
            Self::Open => Packet::Open("{}".into()),
            Self::Close => Packet::Close,
            Self::Ping => Packet::Ping("".into()),
            Self::ProbePing => Packet::Ping(PROBE.into()),
            Self::Pong => Packet::Pong("".into()),
            Self::Text => Packet::Message(Message::Text("a".into())),
            Self::Binary => Packet::from_binary(Default::default()),
            Self::Upgrade => Packet::Upgrade,
            Self::Noop => Packet::Noop,
        }
    }
}

fn reason(number: u8) -> CloseReason {
    let reasons = [
        CloseReason::TransportClose,
        CloseReason::TransportError,
        CloseReason::PingTimeout,
        CloseReason::ParseError,
        CloseReason::ForcedClose,
        CloseReason::ForcedServerClose,
        CloseReason::ServerShuttingDown,
        CloseReason::Overflow,
    ];
    reasons[usize::from(number) % reasons.len()]
}

/// The longest that a session may take to close: a polling client's last GET.
const LAST_GET: Duration = Duration::from_secs(30);

struct Model {
    session: Session,
    now: Instant,
    v4: bool,
    timing: Timing,
    /// The opening, or the peer's last heartbeat.
    last_sign: Instant,
    reading: bool,
    /// How long nothing was read since the last sign.
    paused: Duration,
    get: bool,
    probing: bool,
    websocket: bool,
    /// When and why it closed.
    closed: Option<(Instant, CloseReason)>,
    /// Which reason the driver gave.
    asked: Option<CloseReason>,
    ended: bool,
}

impl Model {
    /// Does what a driver does; checks every event.
    fn drain(&mut self) {
        while let Some(event) = self.session.poll_event() {
            assert!(!self.ended, "{event:?} after the end");
            match event {
                Event::Heartbeat => assert!(self.closed.is_none(), "a heartbeat after the close"),
                Event::ProbePong => assert!(self.probing),
                Event::Noop => {
                    assert!(self.get, "no GET to end");
                    self.session.handle_get_answered();
                    self.get = false;
                }
                Event::Upgraded => {
                    assert!(self.probing && !self.websocket);
                    (self.probing, self.websocket, self.get) = (false, true, false);
                }
                Event::ProbeFailed => {
                    assert!(self.probing);
                    self.probing = false;
                }
                Event::Closed(reason) => {
                    assert!(self.closed.is_none(), "closed twice");
                    if reason == CloseReason::PingTimeout && self.asked != Some(reason) {
                        let patience = self.timing.ping_interval + self.timing.ping_timeout;
                        assert!(self.now >= self.last_sign + patience, "too early");
                    }
                    self.closed = Some((self.now, reason));
                }
                Event::Ended => {
                    assert!(self.closed.is_some(), "ended before it was closed");
                    self.ended = true;
                }
            }
        }
        assert_eq!(self.session.is_open(), self.closed.is_none());
        assert_eq!(self.session.is_closing(), self.closed.is_some() && !self.ended);
        assert!(!(self.ended && (self.session.poll_timeout().is_some() || self.probing)));
    }

    fn handle_timeout(&mut self) {
        self.session.handle_timeout(self.now);
        self.drain();
        let next = self.session.poll_timeout();
        assert!(next.is_none_or(|next| next > self.now), "what was due has been done");
        assert!(next.is_some() || self.ended || !self.reading, "nothing would ever end it");
    }

    fn advance(&mut self, by: Duration, lazy: bool) {
        let until = self.now + by;
        while let Some(next) = self.session.poll_timeout()
            && next <= until
            && !lazy
        {
            self.set_now(next.max(self.now));
            self.handle_timeout();
        }
        self.set_now(until);
        self.handle_timeout();
        if !lazy {
            self.check_late();
        }
    }

    fn set_now(&mut self, now: Instant) {
        if !self.reading {
            self.paused += now - self.now;
        }
        self.now = now;
    }

    /// A good driver never has a session that should have ended.
    fn check_late(&self) {
        let patience = self.timing.ping_interval + self.timing.ping_timeout;
        match self.closed {
            None if self.reading => {
                assert!(self.now < self.last_sign + patience + self.paused, "too late");
            }
            Some((at, _)) if !self.ended => {
                let longest = LAST_GET + self.timing.flush_timeout;
                assert!(self.now < at + longest, "closing for ever");
            }
            _ => {}
        }
    }

    fn step(&mut self, step: Step) {
        let was_open = self.session.is_open();
        match step {
            Step::Packet(kind) => {
                let message = self.session.handle_packet(self.now, kind.packet());
                assert_eq!(message.is_some(), was_open && matches!(kind, Kind::Text | Kind::Binary));
                let sign = match self.v4 {
                    true => matches!(kind, Kind::Pong),
                    false => matches!(kind, Kind::Ping | Kind::ProbePing),
                };
                if sign && was_open {
                    (self.last_sign, self.paused) = (self.now, Duration::ZERO);
                }
            }
            Step::Probe(kind) => self.session.handle_probe_packet(self.now, &kind.packet()),
            Step::ProbeOpened => {
                let taken = self.session.handle_probe_opened(self.now);
                assert_eq!(taken, !self.websocket && !self.probing && !self.ended);
                self.probing |= taken;
            }
            Step::ProbeClosed => self.session.handle_probe_closed(),
            Step::Get => {
                let taken = self.session.handle_get();
                assert_eq!(taken.is_ok(), !self.websocket && !self.get && !self.ended);
                self.get |= taken.is_ok();
            }
            Step::GetAnswered => {
                self.session.handle_get_answered();
                self.get = false;
            }
            Step::GetCancelled => {
                self.session.handle_get_cancelled();
                self.get = false;
            }
            Step::Post => drop(self.session.handle_post()),
            Step::PostAnswered => self.session.handle_post_answered(),
            Step::Reading(reading) => {
                self.session.handle_reading(self.now, reading);
                self.reading = reading;
            }
            Step::Close(number) => {
                self.asked = self.asked.or(Some(reason(number)));
                self.session.close(self.now, reason(number));
                assert!(!self.session.is_open());
            }
            Step::Flushed => self.session.handle_flushed(),
            Step::Fail(number) => {
                self.asked = self.asked.or(Some(reason(number)));
                self.session.fail(reason(number));
                assert!(!self.session.is_open() && !self.session.is_closing());
            }
            Step::Nothing => {}
        }
        self.drain();
        if let (Some(asked), Some((at, reason))) = (self.asked, self.closed)
            && was_open
            && at == self.now
            && matches!(step, Step::Close(_) | Step::Fail(_))
        {
            assert_eq!(asked, reason, "the first reason stays");
        }
    }
}

fuzz_target!(|input: Input| {
    let millis = |time: u16| Duration::from_millis(u64::from(time) + 1);
    let timing = Timing {
        ping_interval: millis(input.interval),
        ping_timeout: millis(input.timeout),
        upgrade_timeout: millis(input.upgrade),
        flush_timeout: millis(input.flush),
    };
    let now = Instant::now();
    let dialect = if input.v4 { Dialect::V4 } else { Dialect::V3 { base64: false } };
    let session = match input.websocket {
        true => Session::websocket(now, timing, dialect),
        false => Session::polling(now, timing, dialect),
    };
    let mut model = Model {
        session,
        now,
        v4: input.v4,
        timing,
        last_sign: now,
        reading: true,
        paused: Duration::ZERO,
        get: false,
        probing: false,
        websocket: input.websocket,
        closed: None,
        asked: None,
        ended: false,
    };
    for (wait, step) in input.steps.into_iter().take(200) {
        model.advance(Duration::from_millis(wait.into()), input.lazy);
        model.step(step);
        // The driver looks at the clock again before it sleeps.
        model.handle_timeout();
    }
});
