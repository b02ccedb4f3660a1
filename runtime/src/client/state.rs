//! Where a client stands, for those who ask and those who watch.
//!
//! Knows nothing of what makes it change.

use std::{fmt, time::Duration};

use tokio::sync::watch;

/// Why a connection ended, or why there is none. A close is no error.
///
/// `Display` gives the exact text that JavaScript's client passes to `disconnect`:
///
/// ```
/// use sockeye::client::DisconnectReason;
/// assert_eq!(DisconnectReason::ServerDisconnect.to_string(), "io server disconnect");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The server put this client out of the namespace. The client does not come back by itself.
    ServerDisconnect,
    /// `disconnect()`, or the last handle was dropped.
    ClientDisconnect,
    /// No ping of the server came in time.
    PingTimeout,
    /// The transport ended: the server closed it, or the network did.
    TransportClose,
    /// The transport failed.
    TransportError,
    /// The server sent something that is not Socket.IO.
    ParseError,
    /// The server refused: [`connected`](super::Client::connected) says why.
    Refused,
    /// As many tries as the options allow have failed: `reconnect_failed` in JavaScript. Without reconnection, the first one.
    ReconnectFailed,
    /// Nobody has called `connect()`: `auto_connect(false)`.
    NotConnected,
}

impl DisconnectReason {
    /// JavaScript's text for this reason, where it has one.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerDisconnect => "io server disconnect",
            Self::ClientDisconnect => "io client disconnect",
            Self::PingTimeout => "ping timeout",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::ParseError => "parse error",
            Self::Refused => "refused",
            Self::ReconnectFailed => "reconnect failed",
            Self::NotConnected => "not connected",
        }
    }

    /// Whether the client comes back by itself after it, if its options let it.
    #[must_use]
    pub const fn reconnects(self) -> bool {
        matches!(self, Self::PingTimeout | Self::TransportClose | Self::TransportError | Self::ParseError)
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The first try, or the one that `connect()` asked for.
    Connecting,
    /// The server has let the client in.
    Connected {
        /// Whether the server has kept what belongs to the former connection, and sent what was missed.
        recovered: bool,
    },
    /// The connection was lost or did not come about; the next try is under way or will be after the delay.
    Reconnecting {
        /// Which try it is, from 1.
        attempt: u32,
        /// How long the client waits before it.
        delay: Duration,
    },
    /// There is no connection, and none will be until `connect()` is called.
    Closed(DisconnectReason),
}

impl State {
    /// Whether it is [`Connected`](Self::Connected).
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        matches!(self, Self::Connected { .. })
    }

    /// Whether it is [`Closed`](Self::Closed).
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

/// Follows the [`State`] of a client. It does not keep the client alive.
///
/// A state that is followed at once by another may not be seen; the last one always is.
#[derive(Clone, Debug)]
pub struct StateWatch(pub(crate) watch::Receiver<State>);

impl StateWatch {
    /// The state now. It counts as seen.
    pub fn current(&mut self) -> State {
        *self.0.borrow_and_update()
    }

    /// Waits for a state that has not been seen; `None` once the client has gone and its last state has been seen.
    ///
    /// Cancel safe: a state that has not been returned has not been seen.
    pub async fn changed(&mut self) -> Option<State> {
        match self.0.changed().await {
            Ok(()) => Some(self.current()),
            Err(_) => None,
        }
    }

    /// Waits until the state is one that `wanted` likes; `None` if the client has gone before. The current one counts.
    ///
    /// Cancel safe.
    pub async fn wait_for(&mut self, mut wanted: impl FnMut(&State) -> bool) -> Option<State> {
        self.0.wait_for(|state| wanted(state)).await.ok().map(|state| *state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_state_is_seen_after_the_client_has_gone() {
        let (sender, receiver) = watch::channel(State::Connecting);
        let mut watch = StateWatch(receiver);
        assert_eq!(watch.current(), State::Connecting);
        sender.send_replace(State::Connected { recovered: false });
        sender.send_replace(State::Closed(DisconnectReason::ClientDisconnect));
        drop(sender);
        assert_eq!(watch.changed().await, Some(State::Closed(DisconnectReason::ClientDisconnect)));
        assert_eq!(watch.changed().await, None);
        assert_eq!(watch.wait_for(State::is_connected).await, None);
    }

    #[test]
    fn only_what_is_nobodys_will_reconnects() {
        use DisconnectReason::*;
        let all =
            [ServerDisconnect, ClientDisconnect, PingTimeout, TransportClose, TransportError, ParseError];
        assert_eq!(all.map(DisconnectReason::reconnects), [false, false, true, true, true, true]);
    }
}
