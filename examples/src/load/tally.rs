//! Counts, and a histogram of times: 3 % wide, without bounds that matter.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

/// Parts of each power of two.
const PARTS: usize = 32;

/// What is counted while it is measured.
#[derive(Default)]
pub(crate) struct Tally {
    measuring: Cell<bool>,
    /// Since the beginning.
    all: Cell<u64>,
    measured: Cell<u64>,
    reordered: Cell<u64>,
    times: RefCell<Histogram>,
}

impl Tally {
    pub(crate) fn measure(&self, on: bool) {
        self.measuring.set(on);
    }

    pub(crate) fn answer(&self, after: Duration, out_of_order: bool) {
        self.all.set(self.all.get() + 1);
        if self.measuring.get() {
            self.measured.set(self.measured.get() + 1);
            self.reordered.set(self.reordered.get() + u64::from(out_of_order));
            self.times.borrow_mut().add(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    /// Of the whole run.
    pub(crate) fn messages(&self) -> u64 {
        self.all.get()
    }

    pub(crate) fn measured(&self) -> u64 {
        self.measured.get()
    }

    pub(crate) fn reordered(&self) -> u64 {
        self.reordered.get()
    }

    /// The time within which this part of the answers came, in microseconds; the longest for 1.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        self.times.borrow().quantile(part) as f64 / 1000.0
    }
}

#[derive(Default)]
struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Histogram {
    fn add(&mut self, value: u64) {
        let at = slot(value);
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
        self.total += 1;
        self.max = self.max.max(value);
    }

    fn quantile(&self, part: f64) -> u64 {
        let wanted = (self.total as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper(at).min(self.max);
            }
        }
        self.max
    }
}

/// Values below `PARTS` have a slot each; above, each power of two has `PARTS` of them.
fn slot(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    let shift = bits.saturating_sub(PARTS.trailing_zeros() + 1);
    shift as usize * PARTS + (value >> shift) as usize
}

/// The largest value of a slot.
const fn upper(at: usize) -> u64 {
    let shift = (at / PARTS).saturating_sub(1);
    (((at - shift * PARTS) as u64 + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_slot() {
        for value in (0..5000).chain((12..60).map(|bits| (1 << bits) + 12_345)) {
            let at = slot(value);
            assert!(upper(at) >= value, "{value}");
            assert!(at == 0 || upper(at - 1) < value, "{value}");
            assert!((upper(at) - value) * PARTS as u64 <= value, "{value}");
        }
    }

    #[test]
    fn a_quantile_is_the_time_that_as_many_kept() {
        let mut times = Histogram::default();
        (1..=1000).for_each(|value| times.add(value * 1000));
        let near = |part, exact: f64| (times.quantile(part) as f64 / exact - 1.0).abs() < 0.04;
        assert!(near(0.5, 500_000.0) && near(0.99, 990_000.0));
        assert_eq!(times.quantile(1.0), 1_000_000);
    }
}
