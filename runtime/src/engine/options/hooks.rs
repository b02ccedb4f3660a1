//! User code around the requests: who may open a session, and headers for the answers.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use http::{HeaderMap, Request};

use crate::engine::HandshakeRequest;

type Allowed = Pin<Box<dyn Future<Output = Result<(), Forbidden>> + Send>>;
type AllowRequest = dyn Fn(Arc<HandshakeRequest>) -> Allowed + Send + Sync;
type AddHeaders = dyn Fn(&mut HeaderMap, &Request<()>) + Send + Sync;

/// A handshake is refused. Arrives as code 4 with this message: polling gets 403 and JSON, WebSocket 400 and the message alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forbidden {
    message: Option<String>,
}

impl Forbidden {
    /// With a message. [`Forbidden::default`] has JavaScript's own, `Forbidden`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()) }
    }

    /// The message, if there is one of its own.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl From<&str> for Forbidden {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for Forbidden {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().unwrap_or("the handshake is forbidden"))
    }
}

impl std::error::Error for Forbidden {}

/// User code around the requests of an engine. None by default.
#[derive(Clone, Default)]
pub struct Hooks {
    allow_request: Vec<Arc<AllowRequest>>,
    initial_headers: Vec<Arc<AddHeaders>>,
    headers: Vec<Arc<AddHeaders>>,
}

impl Hooks {
    /// `allowRequest`: asked before a session is opened, by polling or on WebSocket; never about a request of a session that exists. Of
    /// several, each must agree, in the order of these calls. What comes by [`Engine::open_websocket`](crate::engine::Engine::open_websocket)
    /// had no request, and is not asked about.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the client goes away, and when the handshake takes longer than its time-out.
    #[must_use]
    pub fn allow_request<F, R>(mut self, allow: F) -> Self
    where
        F: Fn(Arc<HandshakeRequest>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Forbidden>> + Send + 'static,
    {
        self.allow_request.push(Arc::new(move |request| Box::pin(allow(request))));
        self
    }

    /// `initial_headers`: may add headers to the answer that opens a session, on polling and on WebSocket. Must not block.
    #[must_use]
    pub fn initial_headers(
        mut self,
        add: impl Fn(&mut HeaderMap, &Request<()>) + Send + Sync + 'static,
    ) -> Self {
        self.initial_headers.push(Arc::new(add));
        self
    }

    /// `headers`: may add headers to every answer, refusals and the client's files included. Must not block.
    #[must_use]
    pub fn headers(mut self, add: impl Fn(&mut HeaderMap, &Request<()>) + Send + Sync + 'static) -> Self {
        self.headers.push(Arc::new(add));
        self
    }

    /// Whether every session may be opened, so that nobody has to be asked.
    pub(crate) fn allow_all(&self) -> bool {
        self.allow_request.is_empty()
    }

    /// Whether a session may be opened.
    pub(crate) async fn allows(&self, request: &Arc<HandshakeRequest>) -> Result<(), Forbidden> {
        for allow in &self.allow_request {
            allow(Arc::clone(request)).await?;
        }
        Ok(())
    }

    /// A copy of the request for [`add_headers`](Self::add_headers), if anybody will look at it.
    pub(crate) fn head_of<B>(&self, request: &Request<B>) -> Option<Request<()>> {
        if self.headers.is_empty() && self.initial_headers.is_empty() {
            return None;
        }
        let mut head = Request::new(());
        head.method_mut().clone_from(request.method());
        head.uri_mut().clone_from(request.uri());
        *head.version_mut() = request.version();
        head.headers_mut().clone_from(request.headers());
        head.extensions_mut().clone_from(request.extensions());
        Some(head)
    }

    /// Adds the headers of an answer; `opens` says whether it opens a session.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap, request: &Request<()>, opens: bool) {
        let initial = self.initial_headers.iter().filter(|_| opens);
        for add in initial.chain(&self.headers) {
            add(headers, request);
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("allow_request", &self.allow_request.len())
            .field("initial_headers", &self.initial_headers.len())
            .field("headers", &self.headers.len())
            .finish()
    }
}
