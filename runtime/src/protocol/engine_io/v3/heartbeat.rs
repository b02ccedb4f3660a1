//! The heartbeat of v3: the client pings when it likes, and must do so in time. Knows no packets and no transports.

use std::time::{Duration, Instant};

use crate::protocol::engine_io::heartbeat::Beat;

/// The server's side.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    /// How long the client may be silent: interval and timeout together.
    patience: Duration,
    deadline: Instant,
    /// Since when nothing is read, so that a ping could not have been seen.
    paused: Option<Instant>,
}

impl Heartbeat {
    pub(crate) fn new(now: Instant, interval: Duration, timeout: Duration) -> Self {
        let patience = interval.saturating_add(timeout);
        Self { patience, deadline: now + patience, paused: None }
    }

    pub(crate) fn handle_ping(&mut self, now: Instant) {
        self.deadline = now + self.patience;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn beat() -> (Heartbeat, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        let heartbeat = Heartbeat::new(start, Duration::from_millis(300), Duration::from_millis(200));
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
