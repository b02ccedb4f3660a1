//! The opening handshake of a WebSocket, on HTTP's side. Knows nothing of what is spoken afterwards.

use std::{error::Error, fmt};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::upgrade::OnUpgrade;
use tungstenite::handshake::derive_accept_key;

/// Why a request cannot become a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptError {
    /// It does not ask for it.
    NotAnUpgrade,
    /// It asks for another version than 13.
    Version,
    /// Its key is missing or is not 16 bytes of base64.
    Key,
    /// The HTTP server that took it in does not offer hyper's upgrades.
    NotUpgradable,
}

impl AcceptError {
    /// The answer that says so.
    #[must_use]
    pub fn response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::from(self.to_string()));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        if self == Self::Version {
            response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        response
    }
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnUpgrade => "the request asks for no websocket",
            Self::Version => "the websocket version is not 13",
            Self::Key => "the websocket key is missing or malformed",
            Self::NotUpgradable => "the connection cannot be upgraded",
        })
    }
}

impl Error for AcceptError {}

/// Whether one of the header's comma-separated items is this one.
fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    let items = |value: &HeaderValue| {
        // Most name one.
        if value.as_bytes().eq_ignore_ascii_case(token.as_bytes()) {
            return true;
        }
        value.to_str().is_ok_and(|text| text.split(',').any(|item| item.trim().eq_ignore_ascii_case(token)))
    };
    headers.get_all(name).iter().any(items)
}

/// Whether the request wants a WebSocket.
pub(crate) fn is_upgrade(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::GET
        && has_token(headers, header::UPGRADE, "websocket")
        && has_token(headers, header::CONNECTION, "upgrade")
}

/// Answers the handshake, and takes the promise of the stream out of the request.
///
/// The first subprotocol that is asked for is granted, as `ws` does: a browser would give up if none were.
pub(crate) fn switch<B>(request: &mut Request<B>) -> Result<(Response<Full<Bytes>>, OnUpgrade), AcceptError> {
    if !is_upgrade(request.method(), request.headers()) {
        return Err(AcceptError::NotAnUpgrade);
    }
    accept(request)
}

/// The same for a request of which it is known that it [is one for an upgrade](is_upgrade).
pub(crate) fn accept<B>(request: &mut Request<B>) -> Result<(Response<Full<Bytes>>, OnUpgrade), AcceptError> {
    let response = answer(request.headers())?;
    if request.extensions().get::<OnUpgrade>().is_none() {
        return Err(AcceptError::NotUpgradable);
    }
    Ok((response, hyper::upgrade::on(request)))
}

/// The answer to such a request.
pub(crate) fn answer(headers: &HeaderMap) -> Result<Response<Full<Bytes>>, AcceptError> {
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(AcceptError::Version);
    }
    // 16 bytes are 22 characters and two of padding.
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .map(HeaderValue::as_bytes)
        .filter(|key| key.len() == 24 && key.ends_with(b"=="))
        .ok_or(AcceptError::Key)?;
    let accept = HeaderValue::try_from(derive_accept_key(key)).map_err(|_| AcceptError::Key)?;
    let protocol = headers
        .get(header::SEC_WEBSOCKET_PROTOCOL)
        .and_then(|offered| offered.to_str().ok()?.split(',').next())
        .and_then(|protocol| HeaderValue::from_str(protocol.trim()).ok());
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(protocol) = protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn tokens_are_found_in_lists_and_in_any_case() {
        let wanted = |upgrade, connection| {
            let request = request(&[("upgrade", upgrade), ("connection", connection)]);
            is_upgrade(request.method(), request.headers())
        };
        assert!(wanted("WebSocket", "keep-alive, Upgrade"));
        assert!(!wanted("h2c", "Upgrade, HTTP2-Settings"));
        assert!(!wanted("websocket", "keep-alive"));
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        let upgrade = [("upgrade", "websocket"), ("connection", "upgrade")];
        let version = ("sec-websocket-version", "13");
        let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let error = |headers: &[(&str, &str)]| switch(&mut request(headers)).unwrap_err();
        assert_eq!(error(&[]), AcceptError::NotAnUpgrade);
        assert_eq!(error(&upgrade), AcceptError::Version);
        assert_eq!(
            error(&[upgrade[0], upgrade[1], ("sec-websocket-version", "8"), key]),
            AcceptError::Version
        );
        assert_eq!(error(&[upgrade[0], upgrade[1], version]), AcceptError::Key);
        assert_eq!(
            error(&[upgrade[0], upgrade[1], version, ("sec-websocket-key", "short")]),
            AcceptError::Key
        );
        assert_eq!(error(&[upgrade[0], upgrade[1], version, key]), AcceptError::NotUpgradable);
        assert_eq!(AcceptError::Version.response().headers()["sec-websocket-version"], "13");
    }
}
