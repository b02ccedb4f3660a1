//! The handshake: what a request's query asks for, how the server answers, and the six ways to be refused.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use serde::Serialize;

use crate::id::SessionId;

/// The query of an Engine.IO request. Of a parameter that is given twice the last one counts, as in JavaScript.
///
/// `Debug` shows neither the session nor what the parameters say: both may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// `EIO`: the protocol's revision.
    pub revision: Option<String>,
    /// `transport`.
    pub transport: Option<String>,
    /// `sid`: the session; none in a handshake. An empty one is none.
    pub session: Option<String>,
    /// `j`: the index of the callback, of a client that polls by script tags.
    pub jsonp: Option<String>,
    /// `b64`: whether the client cannot receive bytes.
    pub base64: bool,
    /// All parameters, in order.
    pub pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads what follows the `?` of a request.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        for (name, value) in parameters(query) {
            let text = || Some(value.clone().into_owned());
            match &*name {
                "EIO" => parsed.revision = text(),
                "transport" => parsed.transport = text(),
                "sid" => parsed.session = text().filter(|sid| !sid.is_empty()),
                "j" => parsed.jsonp = text(),
                "b64" => parsed.base64 = !matches!(&*value, "" | "0" | "false"),
                _ => {}
            }
            parsed.pairs.push((name.into_owned(), value.into_owned()));
        }
        parsed
    }

    /// Whether the client speaks Engine.IO v4.
    #[must_use]
    pub fn is_v4(&self) -> bool {
        self.revision.as_deref() == Some("4")
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("revision", &self.revision)
            .field("transport", &self.transport)
            .field("has_session", &self.session.is_some())
            .field("jsonp", &self.jsonp)
            .field("base64", &self.base64)
            .field("parameters", &self.pairs.len())
            .finish_non_exhaustive()
    }
}

/// What a request of a session says in its query: a [`Query`] that copies nothing.
#[derive(Default)]
#[cfg_attr(not(feature = "engine"), allow(dead_code, reason = "read by the engine"))]
pub(crate) struct Asked<'a> {
    pub(crate) transport: Option<Cow<'a, str>>,
    pub(crate) session: Option<Cow<'a, str>>,
    pub(crate) jsonp: Option<Cow<'a, str>>,
}

#[cfg_attr(not(feature = "engine"), allow(dead_code, reason = "called by the engine"))]
impl<'a> Asked<'a> {
    /// Reads what follows the `?` of a request.
    pub(crate) fn parse(query: &'a str) -> Self {
        let mut asked = Self::default();
        for (name, value) in parameters(query) {
            match &*name {
                "transport" => asked.transport = Some(value),
                "sid" => asked.session = Some(value).filter(|sid| !sid.is_empty()),
                "j" => asked.jsonp = Some(value),
                _ => {}
            }
        }
        asked
    }
}

/// The parameters in order. Most are as they are written: only the others are decoded.
fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let mut rest = query;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches('&');
        let (mut end, mut equals, mut coded) = (rest.len(), None, false);
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                b'&' => {
                    end = at;
                    break;
                }
                b'=' if equals.is_none() => equals = Some(at),
                b'%' | b'+' => coded = true,
                _ => {}
            }
        }
        let (parameter, more) = rest.split_at_checked(end).filter(|(parameter, _)| !parameter.is_empty())?;
        rest = more;
        if coded {
            return form_urlencoded::parse(parameter.as_bytes()).next();
        }
        let (name, value) = match equals {
            Some(at) => (&parameter[..at], &parameter[at + 1..]),
            None => (parameter, ""),
        };
        Some((Cow::Borrowed(name), Cow::Borrowed(value)))
    })
}

/// Why a request is refused: the `code` of the answer's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// 0: the transport is not known or not allowed.
    UnknownTransport,
    /// 1: there is no such session.
    UnknownSession,
    /// 2: a handshake is a GET.
    BadHandshakeMethod,
    /// 3: anything else that is wrong, such as polling after the upgrade.
    BadRequest,
    /// 4: the application does not want it.
    Forbidden,
    /// 5: the client speaks another revision.
    UnsupportedRevision,
}

impl ErrorCode {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSession => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedRevision => 5,
        }
    }

    /// JavaScript's text for it.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::UnknownTransport => "Transport unknown",
            Self::UnknownSession => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedRevision => "Unsupported protocol version",
        }
    }

    /// The HTTP status for polling; a WebSocket request is always refused with 400.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            _ => 400,
        }
    }

    /// The JSON of the answer, with `message` in the place of the usual text if there is one.
    #[must_use]
    pub fn to_json(self, message: Option<&str>) -> String {
        #[derive(Serialize)]
        struct Body<'a> {
            code: u8,
            message: &'a str,
        }
        let body = Body { code: self.code(), message: message.unwrap_or(self.message()) };
        // A number and a text: this cannot fail.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownTransport => "the transport is unknown",
            Self::UnknownSession => "the session is unknown",
            Self::BadHandshakeMethod => "a handshake is a GET request",
            Self::BadRequest => "the request does not fit the session",
            Self::Forbidden => "the request is forbidden",
            Self::UnsupportedRevision => "the protocol's revision is not supported",
        })
    }
}

impl Error for ErrorCode {}

/// The data of the OPEN packet.
#[derive(Clone, Debug)]
pub struct Open<'a> {
    /// The session's id.
    pub session: &'a SessionId,
    /// Whether the client may upgrade to WebSocket.
    pub upgradable: bool,
    /// From one pong to the next ping.
    pub ping_interval: Duration,
    /// How long a pong may take.
    pub ping_timeout: Duration,
    /// Most bytes of a message or a polling body.
    pub max_payload: usize,
}

impl Open<'_> {
    /// The JSON: exactly five keys, in JavaScript's order; times in milliseconds.
    #[must_use]
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            sid: &'a str,
            upgrades: &'a [&'a str],
            ping_interval: u64,
            ping_timeout: u64,
            max_payload: usize,
        }
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let body = Body {
            sid: self.session.as_str(),
            upgrades: if self.upgradable { &["websocket"] } else { &[] },
            ping_interval: millis(self.ping_interval),
            ping_timeout: millis(self.ping_timeout),
            max_payload: self.max_payload,
        };
        // Texts and numbers: this cannot fail.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_packet_has_five_keys_in_javascripts_order() {
        let open = Open {
            session: &SessionId::from("abc"),
            upgradable: true,
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(200),
            max_payload: 1_000_000,
        };
        assert_eq!(
            open.to_json(),
            r#"{"sid":"abc","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#
        );
        assert!(Open { upgradable: false, ..open }.to_json().contains(r#""upgrades":[]"#));
    }

    #[test]
    fn the_last_of_two_parameters_counts_and_an_empty_sid_is_none() {
        let query = Query::parse("EIO=3&EIO=4&transport=polling&sid=&b64=1&j=2&name=J%C3%B6rg+K");
        assert!(query.is_v4() && query.base64);
        assert_eq!(query.transport.as_deref(), Some("polling"));
        assert_eq!(query.session, None);
        assert_eq!(query.jsonp.as_deref(), Some("2"));
        assert_eq!(query.pairs.last(), Some(&("name".to_owned(), "Jörg K".to_owned())));
        assert!(!Query::parse("EIO=4a").is_v4());
        assert_eq!(Query::parse(""), Query::default());
    }

    #[test]
    fn parameters_are_read_as_forms_are() {
        for query in ["a=1&&b&=2&c==3&", "sid=x&sid=%41+b%20&d=%zz&e=%ff&ü=%C3%BC", "&", "%61=b=c&+=+"] {
            let ours: Vec<_> = parameters(query).collect();
            assert_eq!(ours, form_urlencoded::parse(query.as_bytes()).collect::<Vec<_>>(), "{query}");
            let (all, asked) = (Query::parse(query), Asked::parse(query));
            assert_eq!(all.session.as_deref(), asked.session.as_deref());
            assert_eq!(all.transport.as_deref(), asked.transport.as_deref());
            assert_eq!(all.jsonp.as_deref(), asked.jsonp.as_deref());
        }
    }

    #[test]
    fn errors_are_numbers_and_texts() {
        let all = [
            ErrorCode::UnknownTransport,
            ErrorCode::UnknownSession,
            ErrorCode::BadHandshakeMethod,
            ErrorCode::BadRequest,
            ErrorCode::Forbidden,
            ErrorCode::UnsupportedRevision,
        ];
        for (code, error) in all.into_iter().enumerate() {
            assert_eq!(usize::from(error.code()), code);
            assert_eq!(error.status(), if code == 4 { 403 } else { 400 });
        }
        assert_eq!(ErrorCode::UnknownSession.to_json(None), r#"{"code":1,"message":"Session ID unknown"}"#);
        assert_eq!(
            ErrorCode::Forbidden.to_json(Some("not \"you\"")),
            r#"{"code":4,"message":"not \"you\""}"#
        );
    }
}
