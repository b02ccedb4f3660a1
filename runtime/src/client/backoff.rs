//! How long to wait before the next try: JavaScript's formula, with its caps.
//!
//! Knows neither clock nor source of chance: a number between 0 and 1 is an argument.

use std::time::Duration;

/// The delays of one series of tries.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    /// Before the first try.
    min: Duration,
    max: Duration,
    /// By what part of itself a delay may be shorter or longer, 0 to 1.
    jitter: f64,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration, jitter: f64) -> Self {
        let jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
        Self { min, max, jitter, attempts: 0 }
    }

    /// How many delays have been given since the last [`reset`](Self::reset).
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The next delay, in whole milliseconds. `chance` is at least 0 and below 1.
    ///
    /// The cap comes last, as in JavaScript: it takes away what chance has added.
    pub(crate) fn next(&mut self, chance: f64) -> Duration {
        let max = self.max.as_millis() as f64;
        // Far beyond any cap, but finite: JavaScript's own formula gives 0 from the 1025th try on.
        let ms = self.min.as_millis() as f64 * 2f64.powi(self.attempts.min(64) as i32);
        self.attempts = self.attempts.saturating_add(1);
        let deviation = (chance * self.jitter * ms).floor();
        let longer = (chance * 10.0).floor() as u8 & 1 == 1;
        let ms = if longer { ms + deviation } else { ms - deviation };
        Duration::from_millis(ms.min(max).max(0.0) as u64)
    }

    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// A number of chance, at least 0 and below 1.
pub(crate) fn chance() -> f64 {
    // Without entropy all clients would wait the same time, which is no reason not to try again.
    let bits = getrandom::u64().unwrap_or(1 << 62);
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The formula as it stands in wire.md, in JavaScript's own numbers.
    fn javascript(min: u64, max: u64, jitter: f64, attempt: i32, chance: f64) -> f64 {
        let mut ms = min as f64 * 2f64.powi(attempt);
        let deviation = (chance * jitter * ms).floor();
        if ((chance * 10.0).floor() as u64).is_multiple_of(2) {
            ms -= deviation;
        } else {
            ms += deviation;
        }
        ms.min(max as f64).trunc()
    }

    #[test]
    fn without_chance_it_doubles_up_to_the_cap() {
        let mut backoff = Backoff::new(Duration::from_millis(1000), Duration::from_millis(5000), 0.0);
        let delays: Vec<_> = (0..5).map(|_| backoff.next(0.99).as_millis()).collect();
        assert_eq!(delays, [1000, 2000, 4000, 5000, 5000]);
        assert_eq!(backoff.attempts(), 5);
        backoff.reset();
        assert_eq!(backoff.next(0.0).as_millis(), 1000);
    }

    #[test]
    fn an_odd_first_digit_makes_it_longer_and_an_even_one_shorter() {
        let first = |chance| {
            Backoff::new(Duration::from_millis(1000), Duration::from_millis(5000), 0.5)
                .next(chance)
                .as_millis()
        };
        assert_eq!((first(0.3), first(0.4), first(0.99), first(0.0)), (1150, 800, 1495, 1000));
    }

    #[test]
    fn the_thousandth_try_waits_as_long_as_the_cap_says() {
        let mut backoff = Backoff::new(Duration::from_millis(1000), Duration::from_millis(5000), 0.5);
        let shorter = (0..5000).map(|_| backoff.next(0.25)).min();
        assert_eq!(shorter.unwrap().as_millis(), 875);
        assert_eq!(backoff.next(0.85).as_millis(), 5000);
    }

    #[test]
    fn chance_is_at_least_0_and_below_1() {
        assert!((0..1000).map(|_| chance()).all(|chance| (0.0..1.0).contains(&chance)));
    }

    proptest! {
        #[test]
        fn it_is_javascripts_formula(
            min in 0u64..100_000, max in 0u64..1_000_000, jitter in 0.0f64..=1.0,
            chances in prop::collection::vec(0.0f64..1.0, 1..40),
        ) {
            let mut backoff = Backoff::new(Duration::from_millis(min), Duration::from_millis(max), jitter);
            for (attempt, chance) in chances.into_iter().enumerate() {
                let delay = backoff.next(chance);
                prop_assert_eq!(delay.as_millis() as f64, javascript(min, max, jitter, attempt as i32, chance));
                prop_assert!(delay.as_millis() as u64 <= max);
                // With full jitter and no more, never below zero.
                prop_assert!(delay <= Duration::from_millis(max));
            }
        }
    }
}
