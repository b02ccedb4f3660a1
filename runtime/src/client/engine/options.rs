//! What a session is opened with. Defaults are JavaScript's where it has the option.

use std::time::Duration;

use http::HeaderMap;

use super::address::Address;

/// How a client's packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// HTTP long-polling: a pending GET for what the server sends, a POST for what the client sends.
    Polling,
    /// WebSocket.
    WebSocket,
}

impl Transport {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }
}

/// What a session is opened with.
#[derive(Clone, Debug)]
pub(crate) struct EngineOptions {
    /// Where the server is.
    pub(crate) address: Address,
    /// The transports, the first of which is tried first. Default polling, WebSocket.
    pub(crate) transports: Vec<Transport>,
    /// Whether the others are tried when the first does not open. Default `false`: only the first is.
    pub(crate) try_all_transports: bool,
    /// Whether a session on polling changes over to WebSocket if both sides have it. Default `true`.
    pub(crate) upgrade: bool,
    /// Begin with WebSocket if it is among the transports, whatever their order: what `rememberUpgrade` comes to after a session that was
    /// [on WebSocket](super::Session::transport). Default `false`.
    pub(crate) websocket_first: bool,
    /// Sent with each request, those for WebSocket too.
    pub(crate) headers: HeaderMap,
    /// Send binary messages as base64 also on WebSocket. Default `false`.
    pub(crate) force_base64: bool,
    /// The query parameter that keeps caches from answering. Default `t`.
    pub(crate) timestamp_param: String,
    /// Send it with WebSocket requests too; polling always does. Default `false`.
    pub(crate) timestamp_requests: bool,
    /// How long a request of polling may take. Default none: a GET is then given up with the heartbeat, and a POST after interval and time-out
    /// of the heartbeat.
    pub(crate) request_timeout: Option<Duration>,
    /// How long opening may take in all. Default 20 s.
    pub(crate) open_timeout: Duration,
    /// How long the upgrade may take until the server's probe; then the session stays on polling. Default 10 s.
    pub(crate) upgrade_timeout: Duration,
    /// Most bytes of a WebSocket message or a polling body that the server may send. Default 100 MiB, as in npm's `ws`.
    pub(crate) max_message: usize,
    /// Most bytes that wait to be sent. Default 1 MiB.
    pub(crate) outbox_limit: usize,
    /// Most bytes that were received and not taken, past which the transport is not read. Default 1 MiB.
    pub(crate) inbox_limit: usize,
}

impl EngineOptions {
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            transports: vec![Transport::Polling, Transport::WebSocket],
            try_all_transports: false,
            upgrade: true,
            websocket_first: false,
            headers: HeaderMap::new(),
            force_base64: false,
            timestamp_param: "t".to_owned(),
            timestamp_requests: false,
            request_timeout: None,
            open_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            max_message: 100 << 20,
            outbox_limit: 1 << 20,
            inbox_limit: 1 << 20,
        }
    }

    /// The transports to try, in order.
    pub(super) fn order(&self) -> Vec<Transport> {
        let mut order = self.transports.clone();
        if self.websocket_first && order.contains(&Transport::WebSocket) {
            order.retain(|one| *one != Transport::WebSocket);
            order.insert(0, Transport::WebSocket);
        }
        if !self.try_all_transports {
            order.truncate(1);
        }
        order
    }
}
