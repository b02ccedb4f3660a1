//! The options of one namespace, as methods of each builder that makes a client.

macro_rules! socket_options {
    () => {
        /// What the client presents when it joins, at each connection: an object, or what is `null` for nothing.
        pub fn auth(mut self, auth: N::Auth) -> Self
        where
            N::Auth: Serialize,
        {
            self.setup.auth = Auth::Value(to_raw_value(&auth));
            self
        }

        /// Asks for what the client presents at each connection: for tokens that expire. It may take as long as `connect_timeout` says;
        /// if it fails or takes longer, this namespace tries again later, and others are not affected.
        ///
        /// ```no_run
        /// # use sockeye::client::{AnyNamespace, Client};
        /// # async fn fresh_token() -> Result<String, std::io::Error> { Ok(String::new()) }
        /// # fn example() {
        /// let builder = Client::<AnyNamespace>::builder("https://example.org")
        ///     .auth_with(async || Ok::<_, std::io::Error>(serde_json::json!({ "token": fresh_token().await? })));
        /// # }
        /// ```
        pub fn auth_with<F, A, E>(mut self, auth: F) -> Self
        where
            F: Fn() -> A + Send + Sync + 'static,
            A: Future<Output = Result<N::Auth, E>> + Send + 'static,
            E: Into<Box<dyn Error + Send + Sync>>,
            N::Auth: Serialize,
        {
            self.setup.auth = Auth::With(Box::new(move || {
                let asked = auth();
                Box::pin(async move {
                    let auth = asked.await.map_err(Into::into)?;
                    AuthResult::Ok(Some(to_raw_value(&auth)?))
                })
            }));
            self
        }

        /// Which of the namespaces of a dynamic one: `at(Room { id: 7 })`.
        pub fn at(mut self, namespace: N) -> Self {
            self.setup.path = Some(Ok(namespace.path().into_owned()));
            self
        }

        /// As [`at`](Self::at), by the path; the only way to say it in an untyped client.
        pub fn at_path(mut self, path: impl Into<String>) -> Self {
            let path = path.into();
            self.setup.path = Some(match N::parse_path(&path) {
                Some(namespace) => Ok(namespace.path().into_owned()),
                None => Err(BuildError::Path(path)),
            });
            self
        }

        /// Who is told of connections, refusals, and of events that cannot be handled.
        pub fn lifecycle(mut self, lifecycle: impl ClientLifecycle<N>) -> Self {
            self.setup.lifecycle = Arc::new(Erased::new(lifecycle));
            self
        }

        /// Whether the client connects at once, or when [`Client::connect`] is called. Default `true`.
        pub fn auto_connect(mut self, auto: bool) -> Self {
            self.setup.auto_connect = auto;
            self
        }

        /// How long answers are waited for. Default 20 s; JavaScript's has none.
        pub fn ack_timeout(mut self, timeout: Duration) -> Self {
            self.setup.socket.ack_timeout = timeout;
            self
        }

        /// How often an event is sent again that the server has not answered in time. Events are sent one by one then, each when the one
        /// before it has been answered. Default 0: they are sent once, and nothing is waited for.
        ///
        /// Only time-outs count as tries; an event whose connection is lost is sent again on the next one. JavaScript counts both, and
        /// loses events of a client that was away.
        pub fn retries(mut self, retries: u32) -> Self {
            self.setup.socket.retries = retries;
            self
        }

        /// Most bytes of events that wait for a connection, or with `retries` for their answers. Default 1 MiB; JavaScript's has no bound.
        pub fn buffer_bytes(mut self, bytes: usize) -> Self {
            self.setup.socket.buffer_bytes = bytes;
            self
        }

        /// Most answers that are waited for at a time. Default 100,000.
        pub fn max_acks(mut self, acks: usize) -> Self {
            self.setup.socket.max_acks = acks;
            self
        }

        /// Most handlers that run at once. Later events wait. Default 64.
        pub fn max_handlers(mut self, handlers: usize) -> Self {
            self.setup.max_handlers = handlers.max(1);
            self
        }

        /// Bytes of events that wait for handlers, or to be pulled, above which nothing more is read from the server, answers neither:
        /// handlers that all wait for answers get none until one of them ends, by its time-out at the latest. If that lasts for longer than
        /// the server's ping time-out, the server closes the connection. Default 256 KiB.
        pub fn max_backlog_bytes(mut self, bytes: usize) -> Self {
            self.setup.max_backlog_bytes = bytes;
            self
        }
    };
}

pub(super) use socket_options;
