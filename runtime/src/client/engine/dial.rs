//! How a session reaches its server: requests and WebSocket streams. Behind it is HTTP, or a server in the same process.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncWrite};

use super::error::OpenError;

/// A future of a [`Dialer`]'s. Dropping it gives the request up.
pub(crate) type Dialing<T> = Pin<Box<dyn Future<Output = Result<T, OpenError>> + Send>>;

/// One request of polling: a GET, or a POST if there is a body.
#[derive(Debug)]
pub(crate) struct HttpRequest {
    /// With `http` or `https`, and the whole query.
    pub(crate) url: Url,
    /// The user's.
    pub(crate) headers: HeaderMap,
    /// A payload of packets.
    pub(crate) body: Option<Bytes>,
    /// Most bytes of the answer.
    pub(crate) max_answer: usize,
}

/// The answer to a request, whatever its status.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// A request for a WebSocket.
#[derive(Debug)]
pub(crate) struct WebSocketRequest {
    /// With `http` or `https`, and the whole query.
    pub(crate) url: Url,
    /// The user's.
    pub(crate) headers: HeaderMap,
}

/// A stream on which WebSocket frames travel, the opening handshake done.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// Reaches a server.
pub(crate) trait Dialer: Send + Sync + 'static {
    /// Sends a request and reads the whole answer, which is an error as soon as it is longer than asked for.
    fn request(&self, request: HttpRequest) -> Dialing<HttpAnswer>;

    /// Opens a WebSocket. An answer other than 101 is [`OpenErrorKind::Refused`](super::OpenErrorKind::Refused).
    fn websocket(&self, request: WebSocketRequest) -> Dialing<Box<dyn Stream>>;
}
