//! Limits and defaults of an engine.

use std::time::Duration;

use super::{ClientFiles, Cookie, Cors, Hooks, Overflow};

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
            cors: None,
            cookie: None,
            http_compression: Some(1024),
            client_files: None,
            hooks: Hooks::default(),
            header_timeout: Duration::from_secs(30),
            max_header_bytes: 16 * 1024,
        }
    }
}
