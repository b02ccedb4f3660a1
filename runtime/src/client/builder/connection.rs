//! The options of a connection, as methods of each builder that makes one.

macro_rules! manager_options {
    () => {
        /// Where the server's requests go; JavaScript's `path`. Default `/socket.io`.
        pub fn path(mut self, path: impl Into<String>) -> Self {
            self.options.path = path.into();
            self
        }

        /// Whether that path ends with a slash. Default `true`.
        pub fn add_trailing_slash(mut self, add: bool) -> Self {
            self.options.add_trailing_slash = add;
            self
        }

        /// Adds a parameter to the query of each request. Given any, the URL's own query counts for nothing. All namespaces share it.
        pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.options.query.push((name.into(), value.into()));
            self
        }

        /// Adds a header to each request, also to those for a WebSocket; JavaScript's `extraHeaders`.
        pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.options.headers.push((name.into(), value.into()));
            self
        }

        /// The transports, of which the first is tried first. Default polling, WebSocket.
        pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
            self.options.transports = transports.into_iter().collect();
            self
        }

        /// Whether the other transports are tried where the first does not open. Default `false`.
        pub fn try_all_transports(mut self, all: bool) -> Self {
            self.options.try_all_transports = all;
            self
        }

        /// Whether a connection that began with polling changes over to WebSocket. Default `true`.
        pub fn upgrade(mut self, upgrade: bool) -> Self {
            self.options.upgrade = upgrade;
            self
        }

        /// Whether to begin with WebSocket when the last connection was one. Default `false`.
        pub fn remember_upgrade(mut self, remember: bool) -> Self {
            self.options.remember_upgrade = remember;
            self
        }

        /// How long a change of transport may take; after it the connection stays with polling. Default 10 s.
        pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
            self.options.upgrade_timeout = timeout.min(FAR);
            self
        }

        /// Whether binary messages are sent as base64 also over WebSocket. Default `false`.
        pub fn force_base64(mut self, force: bool) -> Self {
            self.options.force_base64 = force;
            self
        }

        /// The query parameter that keeps caches from answering. Default `t`.
        pub fn timestamp_param(mut self, name: impl Into<String>) -> Self {
            self.options.timestamp_param = name.into();
            self
        }

        /// Whether WebSocket requests have that parameter, too; those of polling always do. Default `false`.
        pub fn timestamp_requests(mut self, timestamps: bool) -> Self {
            self.options.timestamp_requests = timestamps;
            self
        }

        /// How long a request of polling may take. By default the server's heartbeat bounds it.
        pub fn request_timeout(mut self, timeout: Duration) -> Self {
            self.options.request_timeout = Some(timeout);
            self
        }

        /// Through which proxy the server is reached; JavaScript's `agent`. Default: what the environment says.
        pub fn proxy(mut self, proxy: Proxy) -> Self {
            self.options.http.proxy = proxy;
            self
        }

        /// Whether cookies of the server's answers are sent back, which a load balancer with sticky sessions needs; JavaScript's
        /// `withCredentials`, which is off there. Default `true`.
        pub fn cookies(mut self, cookies: bool) -> Self {
            self.options.http.cookies = cookies;
            self
        }

        /// Roots and the client's own certificate; JavaScript's `ca`, `cert`, `key`. Default: what the operating system trusts.
        #[cfg(feature = "rustls")]
        pub fn tls(mut self, tls: ClientTls) -> Self {
            self.options.http.tls = tls;
            self
        }

        /// How packets are written: the server's own parser. Default JSON.
        pub fn parser(mut self, parser: Parser) -> Self {
            self.options.parser = parser;
            self
        }

        /// Whether a connection that was lost, or did not come about, is tried again. Default `true`.
        pub fn reconnection(mut self, reconnection: bool) -> Self {
            self.options.reconnection.enabled = reconnection;
            self
        }

        /// After how many failed tries the client gives up. Default: never.
        pub fn reconnection_attempts(mut self, attempts: u32) -> Self {
            self.options.reconnection.attempts = Some(attempts);
            self
        }

        /// How long the client waits before the first new try; twice as long before each further one. Default 1 s.
        pub fn reconnection_delay(mut self, delay: Duration) -> Self {
            self.options.reconnection.delay = delay.min(FAR);
            self
        }

        /// The longest wait before a new try. Default 5 s.
        pub fn reconnection_delay_max(mut self, delay: Duration) -> Self {
            self.options.reconnection.delay_max = delay.min(FAR);
            self
        }

        /// By what part of itself a wait may be shorter or longer, 0 to 1. Default 0.5.
        pub fn randomization_factor(mut self, factor: f64) -> Self {
            self.options.reconnection.randomization = factor;
            self
        }

        /// How long opening a connection may take, then `auth_with`'s function, then the server's answer to a namespace, each of them;
        /// JavaScript's `timeout`, which is for the first alone. Default 20 s.
        pub fn connect_timeout(mut self, timeout: Duration) -> Self {
            self.options.connect_timeout = timeout.min(FAR);
            self
        }

        /// Most bytes of one packet from the server, with its attachments. Default 100 MiB.
        pub fn max_payload(mut self, bytes: usize) -> Self {
            self.options.max_payload = bytes;
            self
        }

        /// Most bytes that wait to be written to the connection. Default 1 MiB.
        pub fn outbox_bytes(mut self, bytes: usize) -> Self {
            self.options.outbox_bytes = bytes;
            self
        }

        /// Reaches the server in another way than by HTTP.
        #[allow(dead_code, reason = "for servers in the same process")]
        pub(crate) fn dialer(mut self, dialer: Arc<dyn Dialer>) -> Self {
            self.options.dialer = Some(dialer);
            self
        }
    };
}

pub(super) use manager_options;
