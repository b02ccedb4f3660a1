//! The state machine of a session: its rules one by one, then whatever may happen in whatever order.

use proptest::prelude::*;

use super::*;

const TIMING: Timing = Timing {
    ping_interval: Duration::from_millis(300),
    ping_timeout: Duration::from_millis(200),
    upgrade_timeout: Duration::from_millis(1000),
    flush_timeout: Duration::from_millis(500),
};

/// A session and the clock it lives by.
struct Test {
    start: Instant,
    session: Session,
}

impl Test {
    fn polling() -> Self {
        let start = Instant::now();
        Self { start, session: Session::polling(start, TIMING, Dialect::V4) }
    }

    fn websocket() -> Self {
        let start = Instant::now();
        Self { start, session: Session::websocket(start, TIMING, Dialect::V4) }
    }

    /// A session of Engine.IO v3.
    fn v3() -> Self {
        let start = Instant::now();
        Self { start, session: Session::polling(start, TIMING, Dialect::V3 { base64: false }) }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    fn timeout(&mut self, ms: u64) -> Vec<Event> {
        self.session.handle_timeout(self.at(ms));
        self.events()
    }

    fn packet(&mut self, ms: u64, packet: Packet) -> Vec<Event> {
        assert_eq!(self.session.handle_packet(self.at(ms), packet), None);
        self.events()
    }

    fn probe(&mut self, ms: u64, packet: Packet) -> Vec<Event> {
        self.session.handle_probe_packet(self.at(ms), &packet);
        self.events()
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }
}

#[test]
fn in_v3_the_client_pings_and_the_server_answers() {
    let mut test = Test::v3();
    assert_eq!(test.timeout(300), []);
    assert_eq!(test.packet(400, ping("")), [Event::Heartbeat]);
    assert_eq!(test.timeout(899), []);
    assert_eq!(test.timeout(900), [Event::Closed(CloseReason::PingTimeout), Event::Ended]);
}

#[test]
fn in_v3_a_client_that_sends_a_pong_is_closed() {
    let mut test = Test::v3();
    assert_eq!(test.packet(100, pong()), [Event::Closed(CloseReason::TransportError), Event::Ended]);
}

fn ping(data: &str) -> Packet {
    Packet::Ping(data.into())
}

fn pong() -> Packet {
    Packet::Pong("".into())
}

fn text(text: &str) -> Message {
    Message::Text(text.into())
}

fn failed(reason: CloseReason) -> Vec<Event> {
    vec![Event::Closed(reason), Event::Ended]
}

#[test]
fn pings_follow_pongs_and_without_one_the_session_dies() {
    let mut test = Test::websocket();
    assert_eq!(test.session.poll_timeout(), Some(test.at(300)));
    assert_eq!(test.timeout(299), []);
    assert_eq!(test.timeout(300), [Event::Heartbeat]);
    assert_eq!(test.timeout(350), []);
    assert_eq!(test.packet(400, pong()), []);
    assert_eq!(test.timeout(700), [Event::Heartbeat]);
    assert_eq!(test.timeout(899), []);
    assert_eq!(test.timeout(900), failed(CloseReason::PingTimeout));
    assert_eq!(test.session.poll_timeout(), None);
}

#[test]
fn messages_are_no_heartbeat() {
    let mut test = Test::websocket();
    test.timeout(300);
    assert_eq!(test.session.handle_packet(test.at(400), Packet::Message(text("hi"))), Some(text("hi")));
    assert_eq!(test.timeout(500), failed(CloseReason::PingTimeout));
    assert_eq!(test.session.handle_packet(test.at(501), Packet::Message(text("late"))), None);
}

#[test]
fn a_poll_after_the_deadline_is_refused_even_if_no_timer_has_fired() {
    let mut test = Test::polling();
    assert_eq!(test.timeout(500), failed(CloseReason::PingTimeout));
    assert_eq!(test.session.handle_get(), Err(ErrorCode::UnknownSession));
}

#[test]
fn a_ping_from_the_client_is_an_error() {
    assert_eq!(Test::websocket().packet(10, ping("")), failed(CloseReason::TransportError));
}

#[test]
fn packets_without_meaning_are_ignored() {
    let mut test = Test::websocket();
    for packet in [Packet::Open("".into()), Packet::Upgrade, Packet::Noop] {
        assert_eq!(test.packet(10, packet), []);
    }
    assert!(test.session.is_open());
}

#[test]
fn a_close_packet_ends_the_pending_get_with_a_noop() {
    let mut test = Test::polling();
    assert_eq!(test.session.handle_get(), Ok(()));
    assert_eq!(test.session.handle_post(), Ok(()));
    assert_eq!(
        test.packet(10, Packet::Close),
        [Event::Noop, Event::Closed(CloseReason::TransportClose), Event::Ended]
    );
}

#[test]
fn a_get_that_crosses_with_a_close_packet_is_answered_too() {
    let mut test = Test::polling();
    assert_eq!(test.session.handle_post(), Ok(()));
    assert_eq!(test.packet(10, Packet::Close), [Event::Closed(CloseReason::TransportClose)]);
    assert!(test.session.has_left());
    assert_eq!(test.session.handle_get(), Ok(()));
    test.session.handle_get_answered();
    test.session.handle_flushed();
    assert_eq!(test.events(), [Event::Ended]);

    let mut test = Test::polling();
    assert_eq!(test.session.handle_post(), Ok(()));
    assert_eq!(test.packet(10, Packet::Close), [Event::Closed(CloseReason::TransportClose)]);
    assert_eq!(test.timeout(60), [Event::Ended]);
}

#[test]
fn one_get_and_one_post_at_a_time() {
    let mut test = Test::polling();
    assert_eq!(test.session.handle_get(), Ok(()));
    test.session.handle_get_answered();
    assert_eq!(test.session.handle_get(), Ok(()));
    assert_eq!(test.session.handle_post(), Ok(()));
    assert_eq!(test.events(), []);
    assert_eq!(test.session.handle_get(), Err(ErrorCode::BadRequest));
    assert_eq!(test.events(), failed(CloseReason::TransportError));

    let mut test = Test::polling();
    assert_eq!(test.session.handle_post(), Ok(()));
    test.session.handle_post_answered();
    assert_eq!(test.session.handle_post(), Ok(()));
    assert_eq!(test.session.handle_post(), Err(ErrorCode::BadRequest));
    assert_eq!(test.events(), failed(CloseReason::TransportError));
}

#[test]
fn a_get_given_up_ends_the_session() {
    let mut test = Test::polling();
    test.session.handle_get_cancelled();
    assert_eq!(test.events(), []);
    assert_eq!(test.session.handle_get(), Ok(()));
    test.session.handle_get_cancelled();
    assert_eq!(test.events(), failed(CloseReason::TransportError));
}

#[test]
fn an_upgrade_begins_with_a_probe_and_ends_with_its_packet() {
    let mut test = Test::polling();
    assert!(test.session.handle_probe_opened(test.at(10)));
    assert!(!test.session.handle_probe_opened(test.at(11)));
    assert_eq!(test.session.handle_get(), Ok(()));
    assert_eq!(test.probe(20, ping("probe")), [Event::ProbePong, Event::Noop]);
    test.session.handle_get_answered();
    assert_eq!(test.session.handle_get(), Ok(()));
    assert_eq!(test.session.poll_timeout(), Some(test.at(120)));
    assert_eq!(test.timeout(119), []);
    assert_eq!(test.timeout(120), [Event::Noop]);
    test.session.handle_get_answered();
    assert_eq!(test.probe(130, Packet::Upgrade), [Event::Upgraded]);
    assert_eq!(test.session.handle_get(), Err(ErrorCode::BadRequest));
    assert_eq!(test.session.handle_post(), Err(ErrorCode::BadRequest));
    assert!(!test.session.handle_probe_opened(test.at(140)));
    assert!(test.session.is_open());
    assert_eq!(test.session.poll_timeout(), Some(test.at(300)));
}

#[test]
fn a_get_that_is_pending_at_the_upgrade_is_ended() {
    let mut test = Test::polling();
    assert!(test.session.handle_probe_opened(test.at(10)));
    assert_eq!(test.session.handle_get(), Ok(()));
    assert_eq!(test.probe(20, Packet::Upgrade), [Event::Noop, Event::Upgraded]);
}

#[test]
fn a_probe_that_fails_costs_only_itself() {
    for packet in [ping(""), ping("other"), pong(), Packet::Message(text("early")), Packet::Close] {
        let mut test = Test::polling();
        assert!(test.session.handle_probe_opened(test.at(10)));
        assert_eq!(test.probe(20, packet), [Event::ProbeFailed]);
        assert!(test.session.is_open());
        assert!(test.session.handle_probe_opened(test.at(30)));
    }
    let mut test = Test::polling();
    test.session.heartbeat = Heart::new(
        Dialect::V4,
        test.start,
        &Arc::new(Timing { ping_interval: Duration::from_secs(10), ..TIMING }),
    );
    assert!(test.session.handle_probe_opened(test.at(10)));
    assert_eq!(test.probe(20, ping("probe")), [Event::ProbePong]);
    assert_eq!(test.timeout(1009), []);
    assert_eq!(test.timeout(1010), [Event::ProbeFailed]);
    assert!(test.session.is_open());
}

#[test]
fn the_end_of_a_session_is_the_end_of_its_probe() {
    let mut test = Test::polling();
    assert!(test.session.handle_probe_opened(test.at(10)));
    test.session.fail(CloseReason::TransportError);
    assert_eq!(test.events(), [Event::ProbeFailed, Event::Closed(CloseReason::TransportError), Event::Ended]);
}

#[test]
fn a_close_in_good_order_waits_for_the_flush() {
    let mut test = Test::websocket();
    test.session.close(test.at(10), CloseReason::ForcedClose);
    assert_eq!(test.events(), [Event::Closed(CloseReason::ForcedClose)]);
    assert!(test.session.is_closing());
    assert_eq!(test.session.poll_timeout(), Some(test.at(510)));
    test.session.close(test.at(20), CloseReason::ServerShuttingDown);
    test.session.handle_flushed();
    assert_eq!(test.events(), [Event::Ended]);
}

#[test]
fn a_close_that_cannot_be_flushed_ends_in_time() {
    let mut test = Test::websocket();
    test.session.close(test.at(10), CloseReason::ForcedClose);
    test.events();
    assert_eq!(test.timeout(509), []);
    assert_eq!(test.timeout(510), [Event::Ended]);
}

#[test]
fn a_polling_session_closes_with_its_next_get() {
    let mut test = Test::polling();
    test.session.close(test.at(10), CloseReason::ForcedServerClose);
    assert_eq!(test.session.poll_timeout(), Some(test.at(510)));
    // Pings and pongs are over.
    assert_eq!(test.timeout(500), [Event::Closed(CloseReason::ForcedServerClose)]);
    assert_eq!(test.session.handle_get(), Ok(()));
    test.session.handle_get_answered();
    test.session.handle_flushed();
    assert_eq!(test.events(), [Event::Ended]);
}

#[test]
fn a_client_that_has_paused_polling_is_told_of_a_close_after_its_upgrade() {
    let mut test = Test::polling();
    assert!(test.session.handle_probe_opened(test.at(10)));
    assert_eq!(test.probe(20, ping("probe")), [Event::ProbePong]);
    test.session.close(test.at(30), CloseReason::ForcedClose);
    assert_eq!(test.events(), [Event::Closed(CloseReason::ForcedClose)]);
    assert_eq!(test.probe(40, Packet::Upgrade), [Event::Upgraded]);
    assert!(test.session.is_closing());
    assert_eq!(test.session.poll_timeout(), Some(test.at(540)));
}

#[test]
fn what_cannot_be_told_is_not_waited_for() {
    let mut test = Test::websocket();
    test.session.close(test.at(10), CloseReason::Overflow);
    assert_eq!(test.events(), failed(CloseReason::Overflow));
    let mut test = Test::polling();
    test.session.close(test.at(10), CloseReason::ServerShuttingDown);
    test.session.hurry();
    assert_eq!(test.events(), failed(CloseReason::ServerShuttingDown));
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Packet(Packet),
    Get,
    GetAnswered,
    GetCancelled,
    Post,
    PostAnswered,
    ProbeOpened,
    ProbePacket(Packet),
    ProbeClosed,
    Reading(bool),
    Close,
    Flushed,
    Fail,
}

fn any_step() -> impl Strategy<Value = Step> {
    let packet = || {
        prop_oneof![
            4 => Just(Packet::Pong("".into())),
            2 => Just(Packet::Message(Message::Text("m".into()))),
            1 => Just(ping("")),
            2 => Just(ping(PROBE)),
            1 => Just(Packet::Close),
            2 => Just(Packet::Upgrade),
            1 => Just(Packet::Noop),
        ]
    };
    prop_oneof![
        12 => (0u64..400).prop_map(Step::Wait),
        6 => packet().prop_map(Step::Packet),
        3 => Just(Step::Get),
        3 => Just(Step::GetAnswered),
        1 => Just(Step::GetCancelled),
        2 => Just(Step::Post),
        2 => Just(Step::PostAnswered),
        3 => Just(Step::ProbeOpened),
        4 => packet().prop_map(Step::ProbePacket),
        1 => Just(Step::ProbeClosed),
        2 => any::<bool>().prop_map(Step::Reading),
        1 => Just(Step::Close),
        1 => Just(Step::Flushed),
        1 => Just(Step::Fail),
    ]
}

/// What is to hold at all times.
#[derive(Default)]
struct Watch {
    pings_without_pong: u32,
    last_ping: Duration,
    unread: bool,
    last_pong: Duration,
    closed: Option<CloseReason>,
    ended: bool,
    upgraded: bool,
    probing: bool,
}

impl Watch {
    fn event(&mut self, event: Event, elapsed: Duration) {
        assert!(!self.ended, "{event:?} after the end");
        match event {
            Event::Heartbeat => {
                assert_eq!(self.closed, None);
                self.pings_without_pong += 1;
                let again = self.unread && elapsed >= self.last_ping + TIMING.ping_interval;
                assert!(self.pings_without_pong == 1 || again, "a second ping without a pong");
                self.last_ping = elapsed;
                assert!(elapsed >= self.last_pong + TIMING.ping_interval, "a ping before its time");
            }
            Event::Closed(reason) => {
                assert_eq!(self.closed, None, "closed twice");
                self.closed = Some(reason);
                if reason == CloseReason::PingTimeout {
                    let least = TIMING.ping_interval + TIMING.ping_timeout;
                    assert!(elapsed >= self.last_pong + least, "the heartbeat came too early");
                }
            }
            Event::Upgraded => {
                assert!(!std::mem::replace(&mut self.upgraded, true), "upgraded twice");
                assert!(std::mem::take(&mut self.probing));
            }
            Event::ProbeFailed => assert!(std::mem::take(&mut self.probing)),
            Event::Ended => {
                assert!(self.closed.is_some(), "ended without being closed");
                assert!(!self.probing, "a probe was left behind");
                self.ended = true;
            }
            Event::ProbePong => assert!(self.probing),
            Event::Noop => assert!(!self.upgraded),
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_rules_hold(polling in any::<bool>(), steps in proptest::collection::vec(any_step(), 1..60)) {
        let mut test = if polling { Test::polling() } else { Test::websocket() };
        let mut watch = Watch::default();
        let mut now = 0;
        for step in steps {
            let at = test.at(now);
            match step {
                Step::Wait(ms) => {
                    // As a driver would: awake at each deadline on the way.
                    let until = now + ms;
                    while let Some(next) = test.session.poll_timeout().filter(|next| *next <= test.at(until)) {
                        now = now.max(next.duration_since(test.start).as_millis() as u64);
                        let events = test.timeout(now);
                        prop_assert!(!events.is_empty(), "a deadline at which nothing is due");
                        for event in events {
                            watch.event(event, Duration::from_millis(now));
                        }
                    }
                    now = until;
                }
                Step::Packet(packet) => {
                    if packet == pong() && watch.closed.is_none() {
                        watch.pings_without_pong = 0;
                        watch.last_pong = Duration::from_millis(now);
                    }
                    let message = test.session.handle_packet(at, packet);
                    prop_assert!(message.is_none() || watch.closed.is_none(), "a message after the close");
                }
                Step::Get => {
                    let result = test.session.handle_get();
                    prop_assert!(result.is_err() || !(watch.ended || watch.upgraded));
                }
                Step::GetAnswered => test.session.handle_get_answered(),
                Step::GetCancelled => test.session.handle_get_cancelled(),
                Step::Post => {
                    let result = test.session.handle_post();
                    prop_assert!(result.is_err() || !(watch.ended || watch.upgraded));
                }
                Step::PostAnswered => test.session.handle_post_answered(),
                Step::ProbeOpened => {
                    if test.session.handle_probe_opened(at) {
                        prop_assert!(polling && !watch.upgraded && !watch.ended && !watch.probing);
                        watch.probing = true;
                    }
                }
                Step::ProbePacket(packet) => test.session.handle_probe_packet(at, &packet),
                Step::ProbeClosed => test.session.handle_probe_closed(),
                Step::Reading(reading) => {
                    watch.unread = !reading;
                    test.session.handle_reading(at, reading);
                }
                Step::Close => test.session.close(at, CloseReason::ForcedClose),
                Step::Flushed => test.session.handle_flushed(),
                Step::Fail => test.session.fail(CloseReason::TransportError),
            }
            for event in test.events() {
                watch.event(event, Duration::from_millis(now));
            }
            prop_assert_eq!(test.session.is_open(), watch.closed.is_none());
        }
        // However it was left, it comes to an end when nobody answers: by its heartbeat, or by the limits on closing.
        watch.unread = false;
        test.session.handle_reading(test.at(now), true);
        for _ in 0..20 {
            let Some(next) = test.session.poll_timeout() else { break };
            now = now.max(next.duration_since(test.start).as_millis() as u64);
            for event in test.timeout(now) {
                if event == Event::Noop {
                    test.session.handle_get_answered();
                }
                watch.event(event, Duration::from_millis(now));
            }
        }
        prop_assert!(watch.ended, "it never ends");
    }
}
