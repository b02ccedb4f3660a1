//! Why a session or a socket ended. A close is not an error: every connection ends, and most end well.

use std::fmt;

/// Why a socket, or the session under it, was closed.
///
/// `Display` gives the exact text that JavaScript's server passes to `disconnect`, so that logs and dashboards can be shared:
///
/// ```
/// use sockeye::CloseReason;
/// assert_eq!(CloseReason::ClientDisconnect.to_string(), "client namespace disconnect");
/// assert_eq!(CloseReason::PingTimeout.to_string(), "ping timeout");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The client left this namespace (`socket.disconnect()` over there).
    ClientDisconnect,
    /// This server disconnected the socket from its namespace.
    ServerDisconnect,
    /// The transport ended: the peer closed it, or the network did.
    TransportClose,
    /// The transport failed: a broken frame, a reset, a message over the limit.
    TransportError,
    /// No pong came in time.
    PingTimeout,
    /// The peer sent something that is not Socket.IO.
    ParseError,
    /// The session was closed by this side.
    ForcedClose,
    /// The server closed the session because it had joined no namespace in time, or broke the rules.
    ForcedServerClose,
    /// The server is going down.
    ServerShuttingDown,
    /// The peer read too slowly and its outbox was full. JavaScript has no such limit; the text is `transport error`.
    Overflow,
}

impl CloseReason {
    /// All of them, in the order of their declaration.
    #[cfg(any(feature = "server", all(feature = "engine", feature = "metrics")))]
    pub(crate) const ALL: [Self; 10] = [
        Self::ClientDisconnect,
        Self::ServerDisconnect,
        Self::TransportClose,
        Self::TransportError,
        Self::PingTimeout,
        Self::ParseError,
        Self::ForcedClose,
        Self::ForcedServerClose,
        Self::ServerShuttingDown,
        Self::Overflow,
    ];

    /// Its place in [`ALL`](Self::ALL).
    #[cfg(feature = "server")]
    pub(crate) const fn index(self) -> u8 {
        self as u8
    }

    /// The one at this place in [`ALL`](Self::ALL).
    #[cfg(feature = "server")]
    pub(crate) fn at(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }

    /// JavaScript's text for this reason.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientDisconnect => "client namespace disconnect",
            Self::ServerDisconnect => "server namespace disconnect",
            Self::TransportClose => "transport close",
            Self::TransportError | Self::Overflow => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ForcedClose => "forced close",
            Self::ForcedServerClose => "forced server close",
            Self::ServerShuttingDown => "server shutting down",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::CloseReason;

    #[test]
    fn each_is_found_at_its_place() {
        for reason in CloseReason::ALL {
            assert_eq!(CloseReason::at(reason.index()), Some(reason));
        }
        assert_eq!(CloseReason::at(10), None);
    }
}
