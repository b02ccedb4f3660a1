//! Where a server is, and the URLs of its requests.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use reqwest::Url;

use super::{
    error::{OpenError, OpenErrorKind},
    options::{EngineOptions, Transport},
    tls,
};
use crate::id::SessionId;

/// Parameters of the protocol: a user's of the same name is not sent.
const OURS: &[&str] = &["EIO", "transport", "sid", "b64"];

/// A server's address: scheme, host and port of the URL, with path and query. `Debug` shows neither the query nor a password.
#[derive(Clone)]
pub(crate) struct Address {
    url: Url,
    query: Vec<(String, String)>,
}

impl Address {
    /// Of the server at `url`, whose scheme is `http`, `https`, `ws` or `wss`; its path is of no meaning here (in Socket.IO it is a
    /// namespace), and its query counts if `query` is empty. `path` is where the server's requests go, by default `/socket.io/`; a slash is
    /// added to its end if `add_trailing_slash`, and one that is there is taken away otherwise.
    ///
    /// # Errors
    ///
    /// [`OpenErrorKind::Address`] if it is no such URL, [`OpenErrorKind::NoTls`] if it wants TLS and the feature `rustls` is off.
    pub(crate) fn new(
        url: &str,
        path: &str,
        add_trailing_slash: bool,
        query: &[(String, String)],
    ) -> Result<Self, OpenError> {
        let mut url = Url::parse(url).map_err(|error| OpenError::caused(OpenErrorKind::Address, error))?;
        let address = || OpenError::new(OpenErrorKind::Address);
        let scheme = match url.scheme() {
            "http" | "ws" => "http",
            "https" | "wss" if tls::AVAILABLE => "https",
            "https" | "wss" => return Err(OpenError::new(OpenErrorKind::NoTls)),
            _ => return Err(address()),
        };
        if !url.has_host() {
            return Err(address());
        }
        url.set_scheme(scheme).map_err(|()| address())?;
        let query = match query {
            [] => url.query_pairs().into_owned().collect(),
            query => query.to_vec(),
        };
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&format!("{}{}", path.trim_end_matches('/'), if add_trailing_slash { "/" } else { "" }));
        Ok(Self { url, query })
    }

    /// Whether it wants TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The URL of a request, of a session's if there is one. That of a WebSocket is `http` too: it begins as a request.
    pub(super) fn of_request(
        &self,
        options: &EngineOptions,
        transport: Transport,
        session: Option<&SessionId>,
    ) -> Url {
        let mut url = self.url.clone();
        let stamped = transport == Transport::Polling || options.timestamp_requests;
        let mut pairs = url.query_pairs_mut();
        for (name, value) in &self.query {
            let ours = OURS.contains(&name.as_str()) || stamped && *name == options.timestamp_param;
            if !ours {
                pairs.append_pair(name, value);
            }
        }
        pairs.append_pair("EIO", "4").append_pair("transport", transport.as_str());
        if stamped {
            pairs.append_pair(&options.timestamp_param, &stamp());
        }
        if options.force_base64 {
            pairs.append_pair("b64", "1");
        }
        if let Some(session) = session {
            pairs.append_pair("sid", session.as_str());
        }
        drop(pairs);
        url
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        // Only a URL without a host refuses, and this has one.
        let _ = url.set_password(None);
        f.debug_struct("Address").field("url", &url.as_str()).finish_non_exhaustive()
    }
}

/// A text that no request had before: the time of the first, and a number.
fn stamp() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:x}.{number:x}", now.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(address: &Address, transport: Transport, session: Option<&str>) -> String {
        let options =
            EngineOptions { timestamp_param: "stamp".to_owned(), ..EngineOptions::new(address.clone()) };
        let url = address.of_request(&options, transport, session.map(SessionId::from).as_ref());
        let stamp =
            url.query_pairs().find(|(name, _)| name == "stamp").map(|(_, value)| format!("&stamp={value}"));
        url.as_str().replace(&stamp.unwrap_or_default(), "")
    }

    #[test]
    fn paths_get_their_slash_or_lose_it() {
        for (path, slash, wanted) in [
            ("/socket.io", true, "/socket.io/"),
            ("/socket.io/", true, "/socket.io/"),
            ("/socket.io/", false, "/socket.io"),
            ("mine", true, "/mine/"),
            ("/", true, "/"),
        ] {
            let address = Address::new("ws://host:99/chat?x=1#y", path, slash, &[]).unwrap();
            let url = url(&address, Transport::WebSocket, None);
            assert_eq!(url, format!("http://host:99{wanted}?x=1&EIO=4&transport=websocket"));
        }
    }

    #[test]
    fn the_protocols_parameters_cannot_be_replaced() {
        let query = [("EIO", "3"), ("a b", "c&d"), ("sid", "x"), ("stamp", "1")];
        let query: Vec<_> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let address = Address::new("http://host/?lost=1", "/socket.io/", true, &query).unwrap();
        assert_eq!(
            url(&address, Transport::Polling, Some("s/1")),
            "http://host/socket.io/?a+b=c%26d&EIO=4&transport=polling&sid=s%2F1"
        );
    }

    #[test]
    fn polling_is_never_answered_by_a_cache() {
        let options = EngineOptions::new(Address::new("http://host", "/socket.io/", true, &[]).unwrap());
        let of = || options.address.of_request(&options, Transport::Polling, None);
        assert_ne!(of(), of());
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for url in ["", "host", "ftp://host", "/path", "mailto:a@b", "http://"] {
            assert_eq!(
                *Address::new(url, "/", true, &[]).unwrap_err().kind(),
                OpenErrorKind::Address,
                "{url}"
            );
        }
        match Address::new("wss://host", "/", true, &[]) {
            Ok(address) => assert!(tls::AVAILABLE && address.url.scheme() == "https"),
            Err(error) => assert!(!tls::AVAILABLE && *error.kind() == OpenErrorKind::NoTls),
        }
    }

    #[test]
    fn secrets_are_not_in_its_debug_text() {
        let address = Address::new("http://me:pass@host/?token=hidden", "/", true, &[]).unwrap();
        let text = format!("{address:?}");
        assert!(text.contains("me@host") && !text.contains("pass") && !text.contains("hidden"), "{text}");
    }
}
