//! What a client presents when it joins a namespace, and the refusal it may get.

use std::{
    error::Error,
    fmt,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    engine::{HandshakeRequest, TraceContext, TransportKind},
    event::Namespace,
    id::SocketId,
};

/// A client that wants to join a namespace: its `auth` payload, decoded, and the HTTP request its session began with.
///
/// The request is that of the session: several namespaces of one connection see the same one. It carries what layers in front of the
/// server have put into its extensions.
///
/// ```
/// use sockeye::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Token(String);
///
/// fn who(handshake: &Handshake<Token>) -> Result<&str, ConnectError> {
///     let Token(token) = handshake.auth();
///     let agent = handshake.headers().get("user-agent").and_then(|value| value.to_str().ok());
///     match (token.as_str(), handshake.query("version")) {
///         ("secret", Some("2")) => Ok(agent.unwrap_or("somebody")),
///         ("secret", _) => Err(ConnectError::new("please update")),
///         _ => Err(ConnectError::new("not authorized")),
///     }
/// }
/// ```
pub struct Handshake<A> {
    pub(crate) auth: A,
    pub(crate) request: Arc<HandshakeRequest>,
    pub(crate) namespace: Arc<str>,
    pub(crate) socket_id: SocketId,
    pub(crate) extensions: http::Extensions,
    /// Taken apart when they are asked for.
    pub(crate) headers: OnceLock<http::HeaderMap>,
    pub(crate) query: OnceLock<Vec<(String, String)>>,
}

impl<A> Handshake<A> {
    /// What the client sent as `auth`.
    #[must_use]
    pub fn auth(&self) -> &A {
        &self.auth
    }

    /// The `auth` payload by value.
    #[must_use]
    pub fn into_auth(self) -> A {
        self.auth
    }

    /// The path of the namespace, as the client wrote it.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The namespace with its parameters, if `N` is the type it is served as.
    #[must_use]
    pub fn params<N: Namespace>(&self) -> Option<N> {
        N::parse_path(&self.namespace)
    }

    /// The id the socket will have.
    #[must_use]
    pub fn socket_id(&self) -> &SocketId {
        &self.socket_id
    }

    /// The HTTP request that opened the session.
    #[must_use]
    pub fn request(&self) -> &Arc<HandshakeRequest> {
        &self.request
    }

    /// The headers of that request.
    #[must_use]
    pub fn headers(&self) -> &http::HeaderMap {
        self.headers.get_or_init(|| self.request.headers())
    }

    /// The first value of a query parameter of that request.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        let pairs = || self.request.query_pairs().map(|(name, value)| (name.into(), value.into())).collect();
        let pairs: &Vec<(String, String)> = self.query.get_or_init(pairs);
        pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The peer's address, if known.
    #[must_use]
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.request.remote_addr
    }

    /// The transport the session began with.
    #[must_use]
    pub fn transport(&self) -> TransportKind {
        self.request.transport
    }

    /// The trace that request belongs to, by its `traceparent` header.
    #[must_use]
    pub fn trace_context(&self) -> Option<&TraceContext> {
        self.request.trace_context()
    }

    /// Values put there by layers in front of the server and by middleware.
    #[must_use]
    pub fn extensions(&self) -> &http::Extensions {
        &self.extensions
    }

    /// Where middleware leaves values for `Lifecycle::connect`.
    pub fn extensions_mut(&mut self) -> &mut http::Extensions {
        &mut self.extensions
    }
}

/// Shows neither `auth` nor headers: both may hold secrets.
impl<A> fmt::Debug for Handshake<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("namespace", &self.namespace)
            .field("socket_id", &self.socket_id)
            .field("remote_addr", &self.request.remote_addr)
            .finish_non_exhaustive()
    }
}

/// Why a client may not join: it arrives there as `connect_error` with this message and, if given, `data`. On the wire it is a CONNECT_ERROR
/// packet of Socket.IO protocol 5, `{"message":…,"data":…}`. The official clients do not try again by themselves afterwards.
///
/// A text is one too: `Err("not authorized".into())`.
///
/// ```
/// use sockeye::ConnectError;
/// # #[derive(serde::Serialize)] struct Hint { code: &'static str, retry: u32 }
/// let refusal = ConnectError::new("not authorized").with_data(&Hint { code: "E_AUTH", retry: 10 });
/// assert_eq!(refusal.to_string(), "not authorized");
/// ```
#[derive(Clone, Debug)]
pub struct ConnectError {
    message: String,
    data: Option<Box<RawValue>>,
}

impl ConnectError {
    /// A refusal with a message: `err.message` in JavaScript.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// Adds `err.data`. Data that does not serialize is left out, with a warning in the log.
    #[must_use]
    pub fn with_data(mut self, data: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::value::to_raw_value(data) {
            Ok(data) => self.data = Some(data),
            Err(error) => tracing::warn!(%error, "the data of a refusal does not serialize"),
        }
        self
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The data, as JSON text.
    #[must_use]
    pub fn data(&self) -> Option<&RawValue> {
        self.data.as_deref()
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ConnectError {}

impl From<&str> for ConnectError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for ConnectError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}
