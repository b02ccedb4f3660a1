//! Builders: of a client with its connection, of a connection, and of another namespace on one.
//!
//! Methods only store; what is wrong is said when the client is made.

mod connection;
mod namespace;

use std::{error::Error, fmt, future::Future, sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use self::{connection::manager_options, namespace::socket_options};
#[cfg(feature = "rustls")]
use super::ClientTls;
use super::{
    BuildError, Client, ClientLifecycle, Manager, Proxy, Pull, Transport,
    app::{AuthFn, DispatchFn, Typed},
    engine::{Address, Dialer, EngineOptions, HttpDialer, HttpOptions, OpenError},
    handle::Handle,
    handlers::{AuthResult, Handlers},
    inbox::Inbox,
    lifecycle::{Erased, ErasedLifecycle, Silent},
    member::{AuthSource, Member},
    options::Reconnection,
    socket::{Arities, FAR, SocketOptions, SocketShared},
};
use crate::{
    event::{EventDef, HandlesAll, Namespace, PacketWriter, Shared},
    protocol::socket_io::Parser,
};

/// How a connection behaves.
#[derive(Clone)]
pub(crate) struct ManagerOptions {
    url: String,
    path: String,
    add_trailing_slash: bool,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    http: HttpOptions,
    pub(crate) parser: Parser,
    pub(crate) reconnection: Reconnection,
    pub(crate) connect_timeout: Duration,
    pub(crate) remember_upgrade: bool,
    pub(crate) max_payload: usize,
    transports: Vec<Transport>,
    try_all_transports: bool,
    upgrade: bool,
    force_base64: bool,
    timestamp_param: String,
    timestamp_requests: bool,
    request_timeout: Option<Duration>,
    upgrade_timeout: Duration,
    outbox_bytes: usize,
    dialer: Option<Arc<dyn Dialer>>,
}

impl ManagerOptions {
    fn new(url: String) -> Self {
        Self {
            url,
            path: "/socket.io".to_owned(),
            add_trailing_slash: true,
            query: Vec::new(),
            headers: Vec::new(),
            http: HttpOptions::default(),
            parser: Parser::Json,
            reconnection: Reconnection::default(),
            connect_timeout: Duration::from_secs(20),
            remember_upgrade: false,
            max_payload: 100 << 20,
            transports: vec![Transport::Polling, Transport::WebSocket],
            try_all_transports: false,
            upgrade: true,
            force_base64: false,
            timestamp_param: "t".to_owned(),
            timestamp_requests: false,
            request_timeout: None,
            upgrade_timeout: Duration::from_secs(10),
            outbox_bytes: 1 << 20,
            dialer: None,
        }
    }

    fn start(mut self) -> Result<Manager, BuildError> {
        let option = |option, why: &dyn fmt::Display| BuildError::Option { option, why: why.to_string() };
        if self.transports.is_empty() {
            return Err(option("transports", &"there is none"));
        }
        if !(0.0..=1.0).contains(&self.reconnection.randomization) {
            return Err(option("randomization_factor", &"it is not between 0 and 1"));
        }
        let url = |error: OpenError| BuildError::Url { url: without_secrets(&self.url), why: chain(&error) };
        let address =
            Address::new(&self.url, &self.path, self.add_trailing_slash, &self.query).map_err(url)?;
        let mut engine = EngineOptions::new(address);
        for (name, value) in &self.headers {
            let name = http::HeaderName::try_from(name).map_err(|error| option("header", &error))?;
            let value = http::HeaderValue::try_from(value).map_err(|error| option("header", &error))?;
            engine.headers.append(name, value);
        }
        engine.transports = std::mem::take(&mut self.transports);
        engine.try_all_transports = self.try_all_transports;
        engine.upgrade = self.upgrade;
        engine.force_base64 = self.force_base64;
        engine.timestamp_param = std::mem::take(&mut self.timestamp_param);
        engine.timestamp_requests = self.timestamp_requests;
        engine.request_timeout = self.request_timeout;
        engine.open_timeout = self.connect_timeout;
        engine.upgrade_timeout = self.upgrade_timeout;
        engine.max_message = self.max_payload;
        engine.outbox_limit = self.outbox_bytes;
        let dialer: Arc<dyn Dialer> = match self.dialer.take() {
            Some(dialer) => dialer,
            None => Arc::new(
                HttpDialer::new(&self.http, &engine.address)
                    .map_err(|error| option("proxy, or TLS", &chain(&error)))?,
            ),
        };
        Manager::start(self, engine, dialer)
    }
}

/// An address for an error message, which may be logged: without user, password and query.
fn without_secrets(url: &str) -> String {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    match url.contains('@') {
        // What cannot be read does not say where its password ends.
        true => format!("{scheme}://…"),
        false => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
    }
}

/// An error and its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// How one namespace behaves.
struct Setup<N: Namespace> {
    path: Option<Result<String, BuildError>>,
    auth: Auth,
    socket: SocketOptions,
    max_handlers: usize,
    max_backlog_bytes: usize,
    auto_connect: bool,
    lifecycle: Arc<dyn ErasedLifecycle<N>>,
}

enum Auth {
    None,
    Value(Result<Box<RawValue>, serde_json::Error>),
    With(AuthFn),
}

impl<N: Namespace> Setup<N> {
    fn new() -> Self {
        Self {
            path: (!N::DYNAMIC).then(|| Ok(N::PATH.to_owned())),
            auth: Auth::None,
            socket: SocketOptions::default(),
            max_handlers: 64,
            max_backlog_bytes: 256 * 1024,
            auto_connect: true,
            lifecycle: Arc::new(Erased::new(Silent)),
        }
    }

    fn start(
        self,
        manager: &Manager,
        arities: Arities,
        dispatch: Option<DispatchFn<N>>,
    ) -> Result<Client<N>, BuildError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let path: Arc<str> = self.path.unwrap_or(Err(BuildError::NoPath(N::PATH)))?.into();
        let (source, auth) = match self.auth {
            Auth::None => (AuthSource::Value(None), None),
            Auth::Value(value) => (AuthSource::Value(Some(value.map_err(BuildError::Auth)?)), None),
            Auth::With(auth) => (AuthSource::Asked, Some(auth)),
        };
        let shared = manager.shared();
        let writer = PacketWriter::new(Arc::clone(&path), shared.options.parser);
        let inbox =
            Arc::new(Inbox::new(self.max_backlog_bytes, dispatch.is_none(), Arc::clone(&shared.wake)));
        let socket = SocketShared::new(writer, arities, self.socket, Arc::clone(&shared.wake));
        let member = Arc::new(Member::new(
            path,
            socket,
            Arc::clone(&inbox),
            source,
            shared.options.reconnection.clone(),
            Arc::clone(&shared.wake),
        ));
        shared.add(Arc::clone(&member))?;
        let handle = Handle::new(Arc::clone(&member), manager.clone());
        let app = Typed {
            member: Arc::clone(&member),
            handle: Arc::downgrade(&handle),
            lifecycle: self.lifecycle,
            dispatch,
            auth,
        };
        let max = if N::SEQUENTIAL { 1 } else { self.max_handlers };
        runtime.spawn(Handlers::new(app, inbox, max).run());
        if self.auto_connect {
            member.connect();
        }
        Ok(Client::of(handle, 0))
    }

    fn connect<H>(self, manager: &Manager, handler: H) -> Result<Client<N>, BuildError>
    where
        H: HandlesAll<N, N::ServerToClient, Client<N>> + Shared,
    {
        let handler = Arc::new(handler);
        let dispatch: DispatchFn<N> =
            Box::new(move |client, name, args, reply| H::dispatch(&handler, client, name, args, reply));
        self.start(manager, arities(H::each_event), Some(dispatch))
    }

    fn pull(self, manager: &Manager) -> Result<Pull<N>, BuildError>
    where
        N::ServerToClient: super::Pulls<N>,
    {
        let lifecycle = Arc::clone(&self.lifecycle);
        let arities = arities(<N::ServerToClient as super::Pulls<N>>::each_event);
        Ok(Pull::new(self.start(manager, arities, None)?, lifecycle))
    }
}

/// Who names no event knows nothing of them: the untyped door.
fn arities(each: impl Fn(&mut dyn FnMut(&'static EventDef))) -> Arities {
    let mut any = false;
    each(&mut |_| any = true);
    if any { Arities::of(|tell| each(tell)) } else { Arities::unknown() }
}

/// Makes a [`Client`] and the connection it has to itself, to which namespaces can be added later: see [`Manager::namespace`].
///
/// ```no_run
/// use std::time::Duration;
///
/// use sockeye::client::{AnyNamespace, Client, Transport};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let events = Client::<AnyNamespace>::builder("https://example.org")
///     .auth(serde_json::json!({ "token": "secret" }))
///     .transports([Transport::WebSocket])
///     .reconnection_delay_max(Duration::from_secs(30))
///     .retries(3)
///     .pull()?;
/// # Ok(()) }
/// ```
#[must_use = "a builder connects nothing"]
pub struct ClientBuilder<N: Namespace> {
    options: ManagerOptions,
    setup: Setup<N>,
}

impl<N: Namespace> ClientBuilder<N> {
    pub(super) fn new(url: String) -> Self {
        Self { options: ManagerOptions::new(url), setup: Setup::new() }
    }

    /// Makes the client, which connects in the background. Its events go to `handler`: to the methods of the trait that the derive has
    /// written for the events of `N`.
    ///
    /// # Errors
    ///
    /// If an option cannot be used, or there is no tokio runtime here. Everything that the server has a part in comes later.
    pub fn connect<H>(self, handler: H) -> Result<Client<N>, BuildError>
    where
        H: HandlesAll<N, N::ServerToClient, Client<N>> + Shared,
    {
        let manager = self.options.start()?;
        self.setup.connect(&manager, handler)
    }

    /// Makes the client, whose events are pulled one by one.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect).
    pub fn pull(self) -> Result<Pull<N>, BuildError>
    where
        N::ServerToClient: super::Pulls<N>,
    {
        let manager = self.options.start()?;
        self.setup.pull(&manager)
    }

    manager_options!();
    socket_options!();
}

/// Makes a [`Manager`] without namespaces.
#[must_use = "a builder makes nothing before `build`"]
pub struct ManagerBuilder {
    options: ManagerOptions,
}

impl ManagerBuilder {
    pub(super) fn new(url: String) -> Self {
        Self { options: ManagerOptions::new(url) }
    }

    /// Makes it. It connects when a namespace of it is to.
    ///
    /// # Errors
    ///
    /// If an option cannot be used, or there is no tokio runtime here.
    pub fn build(self) -> Result<Manager, BuildError> {
        self.options.start()
    }

    manager_options!();
}

/// Makes a [`Client`] on a connection that is there: see [`Manager::namespace`].
#[must_use = "a builder connects nothing"]
pub struct NamespaceBuilder<N: Namespace> {
    manager: Manager,
    setup: Setup<N>,
}

impl<N: Namespace> NamespaceBuilder<N> {
    pub(super) fn new(manager: Manager) -> Self {
        Self { manager, setup: Setup::new() }
    }

    /// As [`ClientBuilder::connect`].
    ///
    /// # Errors
    ///
    /// [`BuildError::NamespaceTaken`] if the manager has a client of this namespace; otherwise as for [`ClientBuilder::connect`].
    pub fn connect<H>(self, handler: H) -> Result<Client<N>, BuildError>
    where
        H: HandlesAll<N, N::ServerToClient, Client<N>> + Shared,
    {
        self.setup.connect(&self.manager, handler)
    }

    /// As [`ClientBuilder::pull`].
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect).
    pub fn pull(self) -> Result<Pull<N>, BuildError>
    where
        N::ServerToClient: super::Pulls<N>,
    {
        self.setup.pull(&self.manager)
    }

    socket_options!();
}

impl<N: Namespace> fmt::Debug for ClientBuilder<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("namespace", &N::PATH).finish_non_exhaustive()
    }
}

impl fmt::Debug for ManagerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagerBuilder").finish_non_exhaustive()
    }
}

impl<N: Namespace> fmt::Debug for NamespaceBuilder<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamespaceBuilder").field("namespace", &N::PATH).finish_non_exhaustive()
    }
}
