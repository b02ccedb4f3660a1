//! The dialer for real servers, by reqwest: HTTP/1.1, cookies, proxies, TLS; a WebSocket begins as one of its requests, so that all of
//! these are the same for both transports.

use std::fmt;

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{
        CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use reqwest::{Client, Response, redirect};
use tungstenite::handshake::derive_accept_key;

use super::{
    address::Address,
    dial::{Dialer, Dialing, HttpAnswer, HttpRequest, Stream, WebSocketRequest},
    error::{OpenError, OpenErrorKind},
    tls::ClientTls,
};

/// Most bytes that are read of an answer which refuses a WebSocket.
const MAX_REFUSAL: usize = 16 * 1024;

/// Through what a server is reached.
///
/// `Debug` does not show the URL, which may have a password.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// What the environment says (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), or on Windows and macOS the system's settings.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Off,
    /// The proxy at this URL: `http`, `https`, `socks4`, `socks5` or `socks5h` (all but the first need the feature `rustls`), with user and password if it
    /// wants them.
    Url(String),
}

impl Proxy {
    /// Whether the way to it is TLS.
    fn is_secure(&self) -> bool {
        let secure = |url: &str| url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        match self {
            Self::Off => false,
            Self::Url(url) => secure(url),
            Self::Environment => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
                .iter()
                .any(|name| std::env::var(name).is_ok_and(|url| secure(&url))),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::Off => "Off",
            Self::Url(_) => "Url(…)",
        })
    }
}

/// What all requests to a server share.
#[derive(Clone, Debug)]
pub(crate) struct HttpOptions {
    pub(crate) proxy: Proxy,
    /// Whether cookies of answers are sent with later requests: a load balancer's, for sticky sessions. Default `true`.
    pub(crate) cookies: bool,
    pub(crate) tls: ClientTls,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { proxy: Proxy::default(), cookies: true, tls: ClientTls::default() }
    }
}

/// Requests over HTTP/1.1. One for each manager: it keeps connections and cookies.
///
/// Redirects are not followed: they would carry headers and cookies elsewhere, and turn a POST into a GET. They are
/// [`OpenErrorKind::Refused`] with their status.
#[derive(Debug)]
pub(crate) struct HttpDialer {
    client: Client,
}

impl HttpDialer {
    /// For requests to `server` only: what the operating system trusts is not read for one that wants no TLS.
    ///
    /// # Errors
    ///
    /// [`OpenErrorKind::Address`] if the proxy's URL cannot be used, [`OpenErrorKind::Tls`] if certificates or keys cannot.
    pub(crate) fn new(options: &HttpOptions, server: &Address) -> Result<Self, OpenError> {
        let builder = Client::builder()
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            .cookie_store(options.cookies);
        let address = |error| OpenError::caused(OpenErrorKind::Address, error);
        let builder = match &options.proxy {
            Proxy::Environment => builder,
            Proxy::Off => builder.no_proxy(),
            Proxy::Url(url) => builder.proxy(reqwest::Proxy::all(url).map_err(address)?),
        };
        let secure = server.is_secure() || options.proxy.is_secure();
        let client = options.tls.apply(builder, secure)?.build().map_err(address)?;
        Ok(Self { client })
    }
}

impl Dialer for HttpDialer {
    fn request(&self, request: HttpRequest) -> Dialing<HttpAnswer> {
        let builder = match request.body {
            None => self.client.get(request.url),
            Some(body) => self
                .client
                .post(request.url)
                .header(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"))
                .body(body),
        };
        let builder = builder.headers(request.headers);
        Box::pin(async move {
            let answer = builder.send().await.map_err(failed)?;
            let status = answer.status();
            let body = read(answer, request.max_answer).await?;
            Ok(HttpAnswer { status, body })
        })
    }

    fn websocket(&self, request: WebSocketRequest) -> Dialing<Box<dyn Stream>> {
        let key = tungstenite::handshake::client::generate_key();
        let expected = derive_accept_key(key.as_bytes());
        let builder = self
            .client
            .get(request.url)
            .headers(request.headers)
            .header(CONNECTION, HeaderValue::from_static("Upgrade"))
            .header(UPGRADE, HeaderValue::from_static("websocket"))
            .header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
            .header(SEC_WEBSOCKET_KEY, key);
        Box::pin(async move {
            let answer = builder.send().await.map_err(failed)?;
            let status = answer.status();
            if status != StatusCode::SWITCHING_PROTOCOLS {
                let body = read(answer, MAX_REFUSAL).await.unwrap_or_default();
                return Err(OpenError::refused(status, &body));
            }
            if !accepted(answer.headers(), &expected) {
                return Err(OpenError::new(OpenErrorKind::Protocol));
            }
            let stream = answer.upgrade().await.map_err(failed)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

/// Whether the server changes over to what was asked for (RFC 6455 section 4.1).
fn accepted(headers: &HeaderMap, expected: &str) -> bool {
    let upgrade =
        headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    upgrade && headers.get(SEC_WEBSOCKET_ACCEPT).is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

/// Reads a body, but no more of it than `max` bytes, whatever its headers say.
async fn read(mut answer: Response, max: usize) -> Result<Bytes, OpenError> {
    let too_large = || OpenError::new(OpenErrorKind::TooLarge);
    if answer.content_length().is_some_and(|len| len > max as u64) {
        return Err(too_large());
    }
    let Some(first) = answer.chunk().await.map_err(failed)? else { return Ok(Bytes::new()) };
    if first.len() > max {
        return Err(too_large());
    }
    // Most answers come in one piece, which need not be copied.
    let Some(second) = answer.chunk().await.map_err(failed)? else { return Ok(first) };
    let mut body = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if chunk.len() > max - body.len() {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
        next = answer.chunk().await.map_err(failed)?;
    }
    Ok(body.freeze())
}

fn failed(error: reqwest::Error) -> OpenError {
    // Its text says the URL, and that says the session's id.
    let error = error.without_url();
    let kind = match error.is_builder() {
        true => OpenErrorKind::Address,
        false => OpenErrorKind::Io,
    };
    OpenError::caused(kind, error)
}
