//! How a manager and a socket behave. Defaults are JavaScript's where it has the option.
//!
//! Plain values; the builders check them. `runtime/docs/client-options.md` has a row for each option of JavaScript's.

use std::time::Duration;

use super::{DisconnectReason, backoff::Backoff};

/// When a lost connection is tried again.
#[derive(Clone, Debug)]
pub(crate) struct Reconnection {
    pub(crate) enabled: bool,
    /// `None` for no bound.
    pub(crate) attempts: Option<u32>,
    pub(crate) delay: Duration,
    pub(crate) delay_max: Duration,
    pub(crate) randomization: f64,
}

impl Default for Reconnection {
    fn default() -> Self {
        Self {
            enabled: true,
            attempts: None,
            delay: Duration::from_secs(1),
            delay_max: Duration::from_secs(5),
            randomization: 0.5,
        }
    }
}

impl Reconnection {
    pub(crate) fn backoff(&self) -> Backoff {
        Backoff::new(self.delay, self.delay_max, self.randomization)
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.enabled
    }

    /// Which try is the next, and how long it has to wait; `None` if there is none.
    pub(crate) fn next(&self, backoff: &mut Backoff, chance: f64) -> Option<(u32, Duration)> {
        let over = self.attempts.is_some_and(|attempts| backoff.attempts() >= attempts);
        if !self.enabled || over {
            return None;
        }
        let delay = backoff.next(chance);
        Some((backoff.attempts(), delay))
    }

    /// What a client is closed with when there is no next try.
    pub(crate) const fn end(&self, lost: Option<DisconnectReason>) -> DisconnectReason {
        match lost {
            Some(reason) if !self.enabled => reason,
            _ => DisconnectReason::ReconnectFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_counts_tries_and_starts_again_after_success() {
        let options = Reconnection { attempts: Some(2), ..Reconnection::default() };
        let mut backoff = options.backoff();
        let next = |backoff: &mut Backoff| {
            options.next(backoff, 0.0).map(|(attempt, delay)| (attempt, delay.as_millis()))
        };
        assert_eq!(
            [next(&mut backoff), next(&mut backoff), next(&mut backoff)],
            [Some((1, 1000)), Some((2, 2000)), None]
        );
        backoff.reset();
        assert_eq!(next(&mut backoff), Some((1, 1000)));
    }

    #[test]
    fn without_reconnection_there_is_no_try() {
        let off = Reconnection { enabled: false, ..Reconnection::default() };
        assert_eq!(off.next(&mut off.backoff(), 0.0), None);
        assert_eq!(off.end(Some(DisconnectReason::PingTimeout)), DisconnectReason::PingTimeout);
        assert_eq!(off.end(None), DisconnectReason::ReconnectFailed);
    }

    const TABLE: &str = include_str!("../../docs/client-options.md");
    const METHODS: [&str; 2] = [include_str!("builder/connection.rs"), include_str!("builder/namespace.rs")];

    /// The names that stand in backquotes in this cell of each row.
    fn named(cell: usize) -> impl Iterator<Item = &'static str> {
        let rows = TABLE.lines().filter(|line| line.starts_with('|'));
        let cells = rows.filter_map(move |row| row.split('|').nth(cell));
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2))
    }

    #[test]
    fn the_table_of_options_names_methods_that_there_are() {
        let (javascript, own) = TABLE.split_once("Options that JavaScript does not have").unwrap();
        assert!(javascript.contains("randomizationFactor") && own.contains("buffer_bytes"));
        let is_method = |name: &str| {
            let forms = [format!("pub fn {name}("), format!("pub fn {name}<")];
            METHODS.iter().any(|text| forms.iter().any(|form| text.contains(form)))
        };
        let here = named(2).chain(named(1)).filter(|name| name.contains('_'));
        let wrong: Vec<_> = here.filter(|name| !name.contains("::") && !is_method(name)).collect();
        assert_eq!(wrong, Vec::<&str>::new());
    }

    #[test]
    fn the_table_of_options_has_each_method() {
        // Which namespace, and who is told, are no options of JavaScript's constructor.
        let others = ["at", "at_path", "lifecycle"];
        let methods = METHODS.iter().flat_map(|text| text.split("pub fn ").skip(1));
        let methods = methods.filter_map(|method| method.split(['(', '<']).next());
        let missing: Vec<_> = methods
            .filter(|method| !others.contains(method) && !TABLE.contains(&format!("`{method}`")))
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
