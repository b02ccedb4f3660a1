//! Events that come before the server says that we have joined: those that a recovered session has missed are sent first.
//!
//! They are handled when it has said so, in order. Bounded by bytes; what it does not hold is handled early instead of being lost.

use super::Arrivals;

/// The events, and how many bytes they hold.
#[derive(Debug, Default)]
pub(super) struct Held {
    events: Arrivals,
    bytes: usize,
}

/// What an event counts for beside its bytes.
const ENTRY: usize = 128;

impl Held {
    /// Adds an event. If there is no room for it, all that are held come back, it last.
    pub(super) fn push(&mut self, event: super::Incoming, limit: usize) -> Arrivals {
        self.bytes += event.payload.size() + ENTRY;
        self.events.push(event);
        if self.bytes > limit { self.take() } else { Arrivals::new() }
    }

    /// Takes all, in order.
    pub(super) fn take(&mut self) -> Arrivals {
        std::mem::take(self).events
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.bytes == 0
    }
}
