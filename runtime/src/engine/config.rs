//! Limits and defaults of an engine.

use std::time::Duration;

use super::{ClientAddress, ClientFiles, Cookie, Cors, Hooks, Overflow};
use crate::protocol::websocket::MAX_FRAGMENTS;

/// How an engine behaves. JavaScript's names stand beside the fields; defaults are JavaScript's where it has the option.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// `path`: where the engine answers. Default `/socket.io/` (`/engine.io/` is usual for bare Engine.IO).
    pub path: String,
    /// `pingInterval`: from the opening to the first ping, and from each pong to the next. Default 25 s.
    pub ping_interval: Duration,
    /// `pingTimeout`: how long a pong may take. Default 20 s.
    pub ping_timeout: Duration,
    /// `upgradeTimeout`: how long a probing transport may take to finish the upgrade. Default 10 s.
    pub upgrade_timeout: Duration,
    /// `maxHttpBufferSize`: most bytes of a message, and of a polling body; reported as `maxPayload`. Default 1,000,000.
    pub max_payload: usize,
    /// `transports`: whether sessions may use long-polling. Default yes.
    pub polling: bool,
    /// `transports`: whether sessions may use WebSocket. Default yes.
    pub websocket: bool,
    /// `allowUpgrades`: whether a polling session may become a WebSocket one. Default yes.
    pub allow_upgrades: bool,
    /// `allowEIO3`: whether clients of Engine.IO v3 (Socket.IO 1 and 2) are served too. Default no.
    pub allow_eio3: bool,
    /// Whether clients may poll by script tags (`j=` in the query), as those of browsers without cross-origin requests do. Any page can then
    /// read answers with its visitors' cookies, whatever CORS says: for servers that do not go by cookies. Default no.
    pub jsonp: bool,
    /// Most bytes that wait for one peer; past them volatile packets are dropped, then `overflow` says what happens. Default
    /// 1 MiB.
    pub outbox_limit: usize,
    /// What becomes of a packet that would pass `outbox_limit`. Default [`Overflow::Close`].
    pub overflow: Overflow,
    /// How long a closing session may take to flush what is queued. Default 5 s (on polling without a pending GET:
    /// 30 s, as in JavaScript, or `ping_interval` and `ping_timeout` together if that is less).
    pub flush_timeout: Duration,
    /// How long handlers that run when a session closes may go on. Default 5 s.
    pub close_grace: Duration,
    /// Most sessions at once; the next handshake is refused with 503. Default: no limit.
    pub max_sessions: Option<usize>,
    /// Most sessions of one address at once; the next handshake is refused with 429. Default: no limit, since many people can share an
    /// address.
    pub max_sessions_per_address: Option<usize>,
    /// Whose a session is, for [`max_sessions_per_address`](Self::max_sessions_per_address). Default: the other end of the connection.
    pub client_address: ClientAddress,
    /// Most handshakes and upgrades at once that are not finished: `allow_request` has not decided, or the client has not become a
    /// WebSocket. The next is refused with 503. Default 10,000.
    pub max_handshakes: usize,
    /// How long a handshake may take, `allow_request` included; then it is refused with 503. Default 30 s.
    pub handshake_timeout: Duration,
    /// Most fragments of a WebSocket message; more are closed with 1008. Default 131,072.
    pub max_fragments: u32,
    /// `cors`: which pages of other origins may use the engine. Default: none; then an OPTIONS request is a bad handshake.
    pub cors: Option<Cors>,
    /// `cookie`: a cookie with the session's id on the answer to a polling handshake. Default: none.
    pub cookie: Option<Cookie>,
    /// `httpCompression`: polling answers of so many bytes and more are packed by gzip or deflate, as the client likes; `None` packs nothing.
    /// Default 1024.
    pub http_compression: Option<usize>,
    /// `serveClient`: the folder with the browser client's files. Default: none.
    pub client_files: Option<ClientFiles>,
    /// `allowRequest`, `initial_headers` and `headers`: user code around the requests. Default: none.
    pub hooks: Hooks,
    /// How long the head of a request may take, and how long a connection may wait for its next request, on a listener of the
    /// server's own. Default 30 s.
    pub header_timeout: Duration,
    /// Most bytes of a request's head, on a listener of the server's own; more is answered with 431. Default 16 KiB, as in Node.
    pub max_header_bytes: usize,
    /// Most headers of a request, on a listener of the server's own; more are answered with 431. Default 100.
    pub max_headers: usize,
    /// Most connections that speak HTTP at once, on a listener of the server's own; more are dropped. WebSockets have left HTTP and do not
    /// count. Default: no limit.
    pub max_connections: Option<usize>,
}

/// Longer than anything lasts, and short enough to be added to any time.
pub(super) const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl Config {
    /// `Duration::MAX` is how one says never; added to a time it would be a panic.
    pub(super) fn keep_times_in_reach(&mut self) {
        for time in [
            &mut self.ping_interval,
            &mut self.ping_timeout,
            &mut self.upgrade_timeout,
            &mut self.flush_timeout,
            &mut self.close_grace,
            &mut self.handshake_timeout,
            &mut self.header_timeout,
        ] {
            *time = (*time).min(FAR);
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: "/socket.io/".to_owned(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            polling: true,
            websocket: true,
            allow_upgrades: true,
            allow_eio3: false,
            jsonp: false,
            outbox_limit: 1 << 20,
            overflow: Overflow::Close,
            flush_timeout: Duration::from_secs(5),
            close_grace: Duration::from_secs(5),
            max_sessions: None,
            max_sessions_per_address: None,
            client_address: ClientAddress::peer(),
            max_handshakes: 10_000,
            handshake_timeout: Duration::from_secs(30),
            max_fragments: MAX_FRAGMENTS,
            cors: None,
            cookie: None,
            http_compression: Some(1024),
            client_files: None,
            hooks: Hooks::default(),
            header_timeout: Duration::from_secs(30),
            max_header_bytes: 16 * 1024,
            max_headers: 100,
            max_connections: None,
        }
    }
}
