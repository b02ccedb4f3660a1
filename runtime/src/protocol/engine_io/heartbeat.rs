//! Pings, pongs and the deadline between them. Knows no packets and no transports.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::session::Timing;

/// Which part of the timeout a ping that goes out late may cost the peer: timers are not exact, and the deadline that follows
/// from the configured times should hold; but a server that stood still must not blame its peers.
const TOLERANCE: u32 = 8;

/// What a heartbeat wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Send the server's heartbeat.
    Send,
    /// The peer's heartbeat did not come in time.
    Dead,
    /// The peer sent what is the server's to send.
    WrongWay,
}

/// The server's side of the heartbeat.
#[derive(Debug)]
pub(super) struct Heartbeat {
    timing: Arc<Timing>,
    state: State,
    /// Since when nothing is read, so that a pong could not have been seen.
    paused: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle {
        ping_at: Instant,
    },
    /// `again`: when to ping once more if nothing has been read until then.
    Pinged {
        deadline: Instant,
        again: Instant,
    },
}

impl Heartbeat {
    pub(super) fn new(now: Instant, timing: Arc<Timing>) -> Self {
        let state = State::Idle { ping_at: now + timing.ping_interval };
        Self { timing, state, paused: None }
    }

    /// Any pong, asked for or not, puts off the next ping.
    pub(super) fn handle_pong(&mut self, now: Instant) {
        self.state = State::Idle { ping_at: now + self.timing.ping_interval };
    }

    /// While nothing is read the deadline stands still; pings go out all the same, one each interval: a peer that goes without them for too
    /// long takes the server for dead, and on a stream that cannot be looked at they are what finds a peer that has gone.
    pub(super) fn handle_reading(&mut self, now: Instant, reading: bool) {
        match (reading, self.paused) {
            (false, None) => self.paused = Some(now),
            (true, Some(since)) => {
                self.paused = None;
                if let State::Pinged { deadline, .. } = &mut self.state {
                    *deadline += now.saturating_duration_since(since);
                }
            }
            _ => {}
        }
    }

    /// `reachable`: whether the peer could have received a ping that is late. If not, that is its own fault.
    pub(super) fn handle_timeout(&mut self, now: Instant, reachable: bool) -> Option<Beat> {
        match self.state {
            State::Idle { ping_at } if now >= ping_at => {
                let mut deadline = ping_at + self.timing.ping_timeout;
                if reachable || self.paused.is_some() {
                    deadline =
                        deadline.max(now + (self.timing.ping_timeout - self.timing.ping_timeout / TOLERANCE));
                }
                self.state = State::Pinged { deadline, again: self.next(now) };
                if self.paused.is_some() {
                    self.paused = Some(now);
                } else if now >= deadline {
                    return Some(Beat::Dead);
                }
                Some(Beat::Send)
            }
            State::Pinged { deadline, .. } if now >= deadline && self.paused.is_none() => Some(Beat::Dead),
            State::Pinged { deadline, again } if now >= again && self.paused.is_some() => {
                self.state = State::Pinged { deadline, again: self.next(now) };
                Some(Beat::Send)
            }
            _ => None,
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle { ping_at } => Some(ping_at),
            State::Pinged { again, .. } if self.paused.is_some() => Some(again),
            State::Pinged { deadline, .. } => Some(deadline),
        }
    }

    /// Not now, whatever is configured.
    fn next(&self, now: Instant) -> Instant {
        now + self.timing.ping_interval.max(Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(300);
    const TIMEOUT: Duration = Duration::from_millis(200);

    fn beat() -> (Heartbeat, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        let timing = Timing {
            ping_interval: INTERVAL,
            ping_timeout: TIMEOUT,
            upgrade_timeout: TIMEOUT,
            flush_timeout: TIMEOUT,
        };
        (Heartbeat::new(start, timing.into()), move |ms| start + Duration::from_millis(ms))
    }

    #[test]
    fn the_first_ping_goes_out_after_one_interval_and_the_deadline_follows_from_it() {
        let (mut beat, at) = beat();
        assert_eq!(beat.poll_timeout(), Some(at(300)));
        assert_eq!(beat.handle_timeout(at(299), true), None);
        assert_eq!(beat.handle_timeout(at(300), true), Some(Beat::Send));
        assert_eq!(beat.poll_timeout(), Some(at(500)));
        assert_eq!(beat.handle_timeout(at(499), true), None);
        assert_eq!(beat.handle_timeout(at(500), true), Some(Beat::Dead));
    }

    #[test]
    fn a_ping_that_is_a_little_late_does_not_move_the_deadline() {
        let (mut beat, at) = beat();
        assert_eq!(beat.handle_timeout(at(320), true), Some(Beat::Send));
        assert_eq!(beat.poll_timeout(), Some(at(500)));
    }

    #[test]
    fn a_server_that_stood_still_does_not_blame_a_peer_it_did_not_ping() {
        let (mut beat, at) = beat();
        assert_eq!(beat.handle_timeout(at(5000), true), Some(Beat::Send));
        assert_eq!(beat.poll_timeout(), Some(at(5175)));
    }

    #[test]
    fn a_peer_that_could_not_be_pinged_is_dead_on_time() {
        let (mut beat, at) = beat();
        assert_eq!(beat.handle_timeout(at(500), false), Some(Beat::Dead));
    }

    #[test]
    fn only_a_pong_puts_the_next_ping_off() {
        let (mut beat, at) = beat();
        beat.handle_timeout(at(300), true);
        beat.handle_pong(at(350));
        assert_eq!(beat.poll_timeout(), Some(at(650)));
        beat.handle_pong(at(400));
        assert_eq!(beat.poll_timeout(), Some(at(700)));
    }

    #[test]
    fn the_deadline_stands_still_while_nothing_is_read() {
        let (mut beat, at) = beat();
        beat.handle_timeout(at(300), true);
        beat.handle_reading(at(400), false);
        assert_eq!(beat.handle_timeout(at(599), true), None);
        for ping in [600, 900, 9999] {
            assert_eq!(beat.poll_timeout(), Some(at(ping.min(1200))));
            assert_eq!(beat.handle_timeout(at(ping), true), Some(Beat::Send), "a ping each interval");
        }
        assert_eq!(beat.handle_timeout(at(10_000), true), None);
        beat.handle_reading(at(10_000), true);
        assert_eq!(beat.poll_timeout(), Some(at(10_100)));
    }

    #[test]
    fn a_ping_sent_while_nothing_is_read_leaves_the_whole_timeout_for_later() {
        let (mut beat, at) = beat();
        beat.handle_reading(at(100), false);
        assert_eq!(beat.handle_timeout(at(300), true), Some(Beat::Send));
        beat.handle_reading(at(1000), true);
        assert_eq!(beat.poll_timeout(), Some(at(1200)));
    }
}
