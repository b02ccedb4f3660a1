//! Emptying an engine slowly, so that those who are sent away do not all come to another one at once.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Engine, config::FAR};
use crate::protocol::close::CloseReason;

impl Engine {
    /// Refuses new sessions with 503 and closes those there are with [`CloseReason::ServerShuttingDown`], spread evenly over `window`, in no
    /// order and at moments that cannot be foreseen. Returns when the last has been told, or earlier if none is left. Until its turn
    /// comes a session goes on as ever: whoever accepts connections must go on too. [`shutdown`](Self::shutdown) is to follow.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, no more sessions are closed, but new ones stay refused. It may be called again.
    pub async fn drain(&self, window: Duration) {
        let registry = &self.shared.registry;
        let start = Instant::now();
        // In the order of a hash map, which is nobody's.
        let outboxes = registry.drain();
        let slot = window.min(FAR) / u32::try_from(outboxes.len()).unwrap_or(u32::MAX).max(1);
        let closing = async {
            for (i, outbox) in (0_u32..).zip(outboxes) {
                sleep_until(start + slot.saturating_mul(i) + slot.mul_f64(chance())).await;
                outbox.close(CloseReason::ServerShuttingDown);
            }
        };
        tokio::select! {
            () = closing => {}
            () = registry.wait_empty() => {}
        }
    }

    /// Whether new sessions are refused, since [`drain`](Self::drain) or [`shutdown`](Self::shutdown): what a load balancer's health check
    /// wants to know.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.registry.is_draining()
    }
}

/// At least 0, less than 1.
fn chance() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / (f64::from(u32::MAX) + 1.0)
}
