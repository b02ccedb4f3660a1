//! The request that opened a session, as its application sees it for as long as the session lives. Knows nothing of how it came.

use std::{borrow::Cow, fmt, net::SocketAddr, sync::LazyLock, time::SystemTime};

use http::{Extensions, HeaderMap, HeaderName, HeaderValue};

use super::{Dialect, TraceContext, TransportKind, head::Head};

static NO_EXTENSIONS: LazyLock<Extensions> = LazyLock::new(Extensions::new);

/// The request that opened a session. Kept for as long as the session is, and so in few bytes: what is not asked for is not taken apart.
#[derive(Clone)]
#[non_exhaustive]
pub struct HandshakeRequest {
    head: Head,
    extensions: Option<Box<Extensions>>,
    trace_context: Option<Box<TraceContext>>,
    /// The peer's address, if known.
    pub remote_addr: Option<SocketAddr>,
    /// When it came.
    pub time: SystemTime,
    /// Whether it came over TLS, as far as whoever accepted the connection has said: see [`Secure`](super::Secure).
    pub secure: bool,
    /// The transport the session began with.
    pub transport: TransportKind,
    /// The revision of Engine.IO that the session speaks: `socket.conn.protocol` in JavaScript.
    pub dialect: Dialect,
}

impl HandshakeRequest {
    /// A request for a session that does not come by HTTP, as if for this path and query: for
    /// [`Engine::open_websocket`](super::Engine::open_websocket).
    #[must_use]
    pub fn new(uri: impl AsRef<str>) -> Self {
        Self::of(uri.as_ref(), &HeaderMap::new(), Extensions::new())
    }

    /// Takes copies of all it is given: hyper's header values are slices of its read buffer, and would keep it alive with the session.
    pub(super) fn of(uri: &str, headers: &HeaderMap, extensions: Extensions) -> Self {
        Self {
            head: Head::new(uri, headers),
            extensions: Some(extensions).filter(|extensions| !extensions.is_empty()).map(Box::new),
            trace_context: TraceContext::from_headers(headers).map(Box::new),
            remote_addr: None,
            time: SystemTime::now(),
            secure: false,
            transport: TransportKind::WebSocket,
            dialect: Dialect::V4,
        }
    }

    /// The same with one more header, behind those of the same name: for tests, and for sessions that do not come by HTTP.
    ///
    /// ```
    /// use http::{HeaderValue, header};
    /// use sockeye::engine::HandshakeRequest;
    ///
    /// let request = HandshakeRequest::new("/socket.io/?EIO=4&room=1")
    ///     .with_header(header::ORIGIN, HeaderValue::from_static("http://example.com"));
    /// assert_eq!(request.header("origin"), Some("http://example.com"));
    /// assert_eq!(request.query("room").as_deref(), Some("1"));
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        let mut headers = self.headers();
        headers.append(name, value);
        self.head = Head::new(self.head.uri(), &headers);
        self.trace_context = TraceContext::from_headers(&headers).map(Box::new);
        self
    }

    /// Path and query as requested.
    #[must_use]
    pub fn uri(&self) -> &str {
        self.head.uri()
    }

    /// The path as requested.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri().split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, decoded; of several of this name, the first.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The query, decoded, in order.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let query = self.uri().split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
    }

    /// A header that is text; of several of this name, the first. Whether the name is written in capitals does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.head.header_values(name).next()?;
        let visible = value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
        std::str::from_utf8(value).ok().filter(|_| visible)
    }

    /// The values of all headers of this name, in order, as they came.
    pub fn header_values(&self, name: &str) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.head.header_values(name).collect::<Vec<_>>().into_iter()
    }

    /// All headers; names are lower-case. The map is made anew by each call.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        self.head.headers()
    }

    /// What layers in front have put into the request. [`RemoteAddr`](super::RemoteAddr) and [`Secure`](super::Secure) are not among
    /// them: see [`remote_addr`](Self::remote_addr) and [`secure`](Self::secure).
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        self.extensions.as_deref().unwrap_or(&NO_EXTENSIONS)
    }

    /// The same, to add to.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.extensions.get_or_insert_default()
    }

    /// The trace it belongs to, by its headers.
    #[must_use]
    pub fn trace_context(&self) -> Option<&TraceContext> {
        self.trace_context.as_deref()
    }
}

/// Shows neither the query nor the headers: both may hold secrets.
impl fmt::Debug for HandshakeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeRequest")
            .field("path", &self.path())
            .field("remote_addr", &self.remote_addr)
            .field("secure", &self.secure)
            .field("transport", &self.transport)
            .field("dialect", &self.dialect)
            .field("trace_context", &self.trace_context)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_session_keeps_is_small() {
        assert!(size_of::<HandshakeRequest>() <= 88, "{}", size_of::<HandshakeRequest>());
    }

    #[test]
    fn extensions_are_there_when_something_is() {
        let mut request = HandshakeRequest::new("/");
        assert!(request.extensions().is_empty() && request.extensions.is_none());
        request.extensions_mut().insert(7);
        assert_eq!(request.extensions().get(), Some(&7));
    }

    #[test]
    fn text_is_told_from_bytes() {
        let name = HeaderName::from_static("x-thing");
        let request = HandshakeRequest::new("/")
            .with_header(name.clone(), HeaderValue::from_bytes(b"\xff").unwrap())
            .with_header(name.clone(), HeaderValue::from_static("a"));
        assert_eq!(request.header("x-thing"), None);
        assert_eq!(request.header_values("X-Thing").collect::<Vec<_>>(), [&b"\xff"[..], b"a"]);
        assert_eq!(request.headers().get_all(name).iter().count(), 2);
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let name = HeaderName::from_static("traceparent");
        let request = request.with_header(name, HeaderValue::from_static(parent));
        assert_eq!(request.trace_context().unwrap().to_string(), parent);
    }
}
