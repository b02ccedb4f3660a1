//! When a server that does not ping is taken for dead. Knows no packets and no transports.

use std::time::{Duration, Instant};

/// The longest time that is believed: about 24.8 days, the longest that JavaScript's timers know.
pub(super) const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// The client's side of the heartbeat: a ping is due within the interval and the time-out of the handshake, counted from the last ping.
///
/// The deadline stands still while the client itself does not read, because a ping could not be seen then.
///
/// ```
/// use std::time::{Duration, Instant};
/// use sockeye::protocol::engine_io::client::PingDeadline;
///
/// let start = Instant::now();
/// let mut deadline = PingDeadline::new(start, Duration::from_secs(25), Duration::from_secs(20));
/// assert!(!deadline.handle_timeout(start + Duration::from_secs(44)));
/// assert!(deadline.handle_timeout(start + Duration::from_secs(45)));
/// ```
#[derive(Debug)]
pub struct PingDeadline {
    allowed: Duration,
    at: Instant,
    /// Since when nothing is read.
    paused: Option<Instant>,
}

impl PingDeadline {
    /// Of a session that has opened now. Longer times than JavaScript's timers know (24.8 days) are shortened to that.
    #[must_use]
    pub fn new(now: Instant, ping_interval: Duration, ping_timeout: Duration) -> Self {
        let allowed = ping_interval.saturating_add(ping_timeout).min(LONGEST);
        Self { allowed, at: now + allowed, paused: None }
    }

    /// How long the server may be silent.
    #[must_use]
    pub fn allowed(&self) -> Duration {
        self.allowed
    }

    /// A ping came.
    pub fn handle_ping(&mut self, now: Instant) {
        self.at = now + self.allowed;
        if self.paused.is_some() {
            self.paused = Some(now);
        }
    }

    /// Whether the client reads what the server sends; while it does not, the deadline stands still.
    pub fn handle_reading(&mut self, now: Instant, reading: bool) {
        match (reading, self.paused) {
            (false, None) => self.paused = Some(now),
            (true, Some(since)) => {
                self.paused = None;
                self.at += now.saturating_duration_since(since);
            }
            _ => {}
        }
    }

    /// Whether the server is to be taken for dead.
    #[must_use]
    pub fn handle_timeout(&self, now: Instant) -> bool {
        self.paused.is_none() && now >= self.at
    }

    /// When to ask [`handle_timeout`](Self::handle_timeout); never, while nothing is read.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.paused.is_none().then_some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline() -> (PingDeadline, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        let deadline = PingDeadline::new(start, Duration::from_millis(300), Duration::from_millis(200));
        (deadline, move |ms| start + Duration::from_millis(ms))
    }

    #[test]
    fn a_ping_is_due_within_interval_and_timeout_of_the_last_one() {
        let (mut deadline, at) = deadline();
        assert_eq!(deadline.poll_timeout(), Some(at(500)));
        assert!(!deadline.handle_timeout(at(499)));
        assert!(deadline.handle_timeout(at(500)));
        deadline.handle_ping(at(300));
        assert_eq!(deadline.poll_timeout(), Some(at(800)));
        assert!(!deadline.handle_timeout(at(799)));
        assert!(deadline.handle_timeout(at(800)));
    }

    #[test]
    fn while_nothing_is_read_it_stands_still() {
        let (mut deadline, at) = deadline();
        deadline.handle_reading(at(100), false);
        deadline.handle_reading(at(200), false);
        assert_eq!(deadline.poll_timeout(), None);
        assert!(!deadline.handle_timeout(at(10_000)));
        deadline.handle_reading(at(10_000), true);
        assert_eq!(deadline.poll_timeout(), Some(at(10_400)));
        deadline.handle_reading(at(10_100), true);
        assert_eq!(deadline.poll_timeout(), Some(at(10_400)));
    }

    #[test]
    fn a_ping_that_is_read_just_before_reading_stops_for_long_counts_once() {
        let (mut deadline, at) = deadline();
        deadline.handle_reading(at(100), false);
        deadline.handle_ping(at(200));
        deadline.handle_reading(at(1000), true);
        assert_eq!(deadline.poll_timeout(), Some(at(1500)));
    }

    #[test]
    fn no_time_is_too_long() {
        let deadline = PingDeadline::new(Instant::now(), Duration::MAX, Duration::MAX);
        assert_eq!(deadline.allowed(), LONGEST);
    }
}
