//! Options of a server that concern HTTP: transports, who may come in, headers, packing, the client's files. Each hands over to
//! the engine's [`Config`](crate::engine::Config).

use std::num::NonZeroUsize;
use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use http::{HeaderMap, Request};

use super::{ServerBuilder, builder::Current};
use crate::engine::{
    ClientAddress, ClientFiles, Cookie, Cors, Forbidden, HandshakeRequest, Hooks, TransportKind,
};

impl<C: Current> ServerBuilder<C> {
    /// `transports`: which transports clients may use. Requests for the others are refused with 400. Default: both.
    ///
    /// ```
    /// use sockeye::{Server, engine::TransportKind};
    /// let io = Server::builder().transports([TransportKind::WebSocket]).build();
    /// ```
    pub fn transports(mut self, transports: impl IntoIterator<Item = TransportKind>) -> Self {
        (self.config.polling, self.config.websocket) = (false, false);
        for transport in transports {
            match transport {
                TransportKind::Polling => self.config.polling = true,
                TransportKind::WebSocket => self.config.websocket = true,
            }
        }
        self
    }

    /// `allowUpgrades`: whether a polling session may become a WebSocket one. Default yes.
    pub fn allow_upgrades(mut self, allow: bool) -> Self {
        self.config.allow_upgrades = allow;
        self
    }

    /// `allowRequest`: decides whether a session may be opened, by polling or directly on WebSocket, before there is one. It is asked about
    /// handshakes only, never about a later request of a session. Of several, each must agree. Default: everybody may.
    ///
    /// ```
    /// use sockeye::{Server, engine::Forbidden};
    /// let io = Server::builder()
    ///     .allow_request(|request| async move {
    ///         match request.header("x-token") {
    ///             Some("letmein") => Ok(()),
    ///             _ => Err(Forbidden::new("no token")),
    ///         }
    ///     })
    ///     .build();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the client goes away, and when the handshake takes longer than its time-out.
    pub fn allow_request<F, R>(self, allow: F) -> Self
    where
        F: Fn(Arc<HandshakeRequest>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Forbidden>> + Send + 'static,
    {
        self.hook(|hooks| hooks.allow_request(allow))
    }

    /// `initial_headers` of `io.engine`: may add headers to the answer that opens a session. Must not block.
    pub fn initial_headers(self, add: impl Fn(&mut HeaderMap, &Request<()>) + Send + Sync + 'static) -> Self {
        self.hook(|hooks| hooks.initial_headers(add))
    }

    /// `headers` of `io.engine`: may add headers to every answer, refusals and the client's files included. Must not block.
    ///
    /// ```
    /// use sockeye::Server;
    /// let io = Server::builder()
    ///     .headers(|headers, _request| {
    ///         headers.insert("x-content-type-options", "nosniff".parse().unwrap());
    ///     })
    ///     .build();
    /// ```
    pub fn headers(self, add: impl Fn(&mut HeaderMap, &Request<()>) + Send + Sync + 'static) -> Self {
        self.hook(|hooks| hooks.headers(add))
    }

    /// `cookie`: a cookie with the session's id on the answer to a polling handshake. Default: none.
    pub fn cookie(mut self, cookie: Cookie) -> Self {
        self.config.cookie = Some(cookie);
        self
    }

    /// `cors`: which pages of other origins may use the server. Default: none; and they may open a WebSocket all the same, see [`Cors`].
    pub fn cors(mut self, cors: Cors) -> Self {
        self.config.cors = Some(cors);
        self
    }

    /// `httpCompression`: polling answers of so many bytes and more are packed by gzip or deflate, as the client likes; `None` packs nothing.
    /// Default 1024.
    ///
    /// Over TLS, what an attacker can have repeated beside a secret tells of the secret by its packed length: switch it off where both
    /// travel to one client.
    pub fn http_compression(mut self, threshold: impl Into<Option<usize>>) -> Self {
        self.config.http_compression = threshold.into();
        self
    }

    /// `serveClient`: serves the browser client's files from a folder, such as `node_modules/socket.io-client/dist`, below the server's path;
    /// see [`ClientFiles`]. Default: not served.
    pub fn serve_client(mut self, folder: impl Into<PathBuf>) -> Self {
        self.config.client_files = Some(ClientFiles::new(folder));
        self
    }

    /// How long the head of a request may take, and how long a connection may wait for its next request, when the server
    /// [listens itself](super::Server::bind). Default 30 s.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.config.header_timeout = timeout;
        self
    }

    /// Most bytes of a request's head when the server [listens itself](super::Server::bind); more is answered with 431. Default 16 KiB.
    pub fn max_header_bytes(mut self, bytes: usize) -> Self {
        self.config.max_header_bytes = bytes;
        self
    }

    /// Most headers of a request when the server [listens itself](super::Server::bind); more are answered with 431. Default 100.
    pub fn max_headers(mut self, headers: usize) -> Self {
        self.config.max_headers = headers;
        self
    }

    /// Most connections that speak HTTP at once when the server [listens itself](super::Server::bind); more are dropped. WebSockets have left
    /// HTTP and do not count: they are sessions. Default: no limit.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.config.max_connections = Some(connections);
        self
    }

    /// Serves connections on so many threads with a runtime each, instead of the caller's runtime, when the server
    /// [listens itself](super::Server::bind); 0 for as many as there are cores. Default: the caller's runtime.
    ///
    /// A connection goes to the thread with the fewest tasks, and stays there with its session and all handlers: no work is
    /// stolen, no scheduler shared, and a thousand busy connections take turns. In exchange, a handler that blocks holds up its thread's
    /// connections, and one busy connection is not helped out by idle threads. What handlers [spawn](tokio::spawn) runs there too. The first
    /// thread accepts, so that its own connections are handed to nobody. The threads start with the first
    /// [`bind`](super::Server::bind) and end with the last handle to the server.
    pub fn per_core(mut self, threads: usize) -> Self {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.limits.per_core = Some(NonZeroUsize::new(threads).unwrap_or_else(cores));
        self
    }

    /// Most sessions of one address at once; the next handshake is refused with 429. Default: no limit, since many people can share an
    /// address. Behind a proxy, say with [`client_address`](Self::client_address) where the clients' addresses are.
    pub fn max_sessions_per_address(mut self, sessions: usize) -> Self {
        self.config.max_sessions_per_address = Some(sessions);
        self
    }

    /// Whose a session is, for [`max_sessions_per_address`](Self::max_sessions_per_address). Default: the other end of the connection.
    pub fn client_address(mut self, address: ClientAddress) -> Self {
        self.config.client_address = address;
        self
    }

    /// Most handshakes and upgrades at once that are not finished: `allow_request` has not decided, or the client has not become a WebSocket.
    /// The next is refused with 503. Default 10,000.
    pub fn max_handshakes(mut self, handshakes: usize) -> Self {
        self.config.max_handshakes = handshakes;
        self
    }

    /// How long a handshake may take, `allow_request` included; then it is refused with 503. Default 30 s.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.config.handshake_timeout = timeout;
        self
    }

    /// Most fragments of a WebSocket message; more close the client with 1008. Default 131,072.
    pub fn max_fragments(mut self, fragments: u32) -> Self {
        self.config.max_fragments = fragments;
        self
    }

    fn hook(mut self, add: impl FnOnce(Hooks) -> Hooks) -> Self {
        self.config.hooks = add(std::mem::take(&mut self.config.hooks));
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Names of the form `name(…)` in the second column of the options' tables, the first where there are two.
    fn documented() -> BTreeSet<&'static str> {
        let guide = include_str!("../../docs/options.md");
        let options = guide.split("## Other origins").next().unwrap_or_default();
        let codes = options.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`'));
        let calls = codes.filter_map(|code| code.split_once('(').filter(|(_, rest)| rest.ends_with(')')));
        calls.map(|(name, _)| name).filter(|name| !name.contains(['.', ':'])).collect()
    }

    #[test]
    fn every_option_of_the_builder_is_in_the_guide_and_none_besides() {
        let sources = [include_str!("builder.rs"), include_str!("options.rs")];
        let methods = sources.iter().flat_map(|source| {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            code.lines().filter_map(|line| line.strip_prefix("    pub fn ")?.split(['(', '<']).next())
        });
        let options: BTreeSet<_> =
            methods.filter(|name| !["namespace", "middleware", "build"].contains(name)).collect();
        assert_eq!(documented(), options, "left: runtime/docs/options.md; right: the builder's methods");
    }
}
