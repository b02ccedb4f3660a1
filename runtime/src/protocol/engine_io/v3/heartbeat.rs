//! The heartbeat of v3: the client pings when it likes, and must do so in time. Knows no packets and no transports.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::protocol::engine_io::{heartbeat::Beat, session::Timing};

/// The server's side.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    timing: Arc<Timing>,
    deadline: Instant,
    /// Since when nothing is read, so that a ping could not have been seen.
    paused: Option<Instant>,
}

impl Heartbeat {
    pub(crate) fn new(now: Instant, timing: Arc<Timing>) -> Self {
        Self { deadline: now + patience(&timing), timing, paused: None }
    }

    pub(crate) fn handle_ping(&mut self, now: Instant) {
        self.deadline = now + patience(&self.timing);
        // What lies between a ping and its being read is not known: the deadline begins anew.
        if self.paused.is_some() {
            self.paused = Some(now);
        }
    }

    /// While nothing is read the deadline stands still.
    pub(crate) fn handle_reading(&mut self, now: Instant, reading: bool) {
        match (reading, self.paused) {
            (false, None) => self.paused = Some(now),
            (true, Some(since)) => {
                self.paused = None;
                self.deadline += now.saturating_duration_since(since);
            }
            _ => {}
        }
    }

    pub(crate) fn handle_timeout(&self, now: Instant) -> Option<Beat> {
        (self.paused.is_none() && now >= self.deadline).then_some(Beat::Dead)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.paused.is_none().then_some(self.deadline)
    }
}

/// How long the client may be silent.
fn patience(timing: &Timing) -> Duration {
    timing.ping_interval.saturating_add(timing.ping_timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat() -> (Heartbeat, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let timing = Timing {
            ping_interval: ms(300),
            ping_timeout: ms(200),
            upgrade_timeout: ms(0),
            flush_timeout: ms(0),
        };
        let heartbeat = Heartbeat::new(start, timing.into());
        (heartbeat, move |ms| start + Duration::from_millis(ms))
    }

    #[test]
    fn a_silent_client_is_dead_after_interval_and_timeout() {
        let (beat, at) = beat();
        assert_eq!(beat.poll_timeout(), Some(at(500)));
        assert_eq!(beat.handle_timeout(at(499)), None);
        assert_eq!(beat.handle_timeout(at(500)), Some(Beat::Dead));
    }

    #[test]
    fn a_ping_puts_the_deadline_off() {
        let (mut beat, at) = beat();
        beat.handle_ping(at(400));
        assert_eq!(beat.poll_timeout(), Some(at(900)));
    }

    #[test]
    fn the_deadline_stands_still_while_nothing_is_read() {
        let (mut beat, at) = beat();
        beat.handle_reading(at(100), false);
        assert_eq!(beat.poll_timeout(), None);
        assert_eq!(beat.handle_timeout(at(10_000)), None);
        beat.handle_reading(at(10_000), true);
        assert_eq!(beat.poll_timeout(), Some(at(10_400)));
    }
}
