//! Why a session does not open, and why one ended.

use std::{error::Error, fmt, sync::Arc};

use http::StatusCode;

use crate::protocol::{
    close::CloseReason,
    engine_io::{PacketError, client::OpenedError},
};

/// Most characters of a server's message that an error shows.
const MAX_MESSAGE: usize = 200;

/// Any error, as a cause.
pub(crate) type Cause = Arc<dyn Error + Send + Sync>;

/// Why the connection to a server could not be opened. The cause, if there is one, is its `source`.
#[derive(Clone, Debug)]
pub struct OpenError {
    kind: OpenErrorKind,
    source: Option<Cause>,
}

/// What kind of failure an [`OpenError`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenErrorKind {
    /// The URL, a proxy's or a header cannot be used.
    Address,
    /// The URL is `https` or `wss`, and the crate was built without its feature `rustls`.
    NoTls,
    /// A certificate, a key or a root cannot be used.
    Tls,
    /// There is no transport to try.
    NoTransport,
    /// The server could not be reached, or the connection broke.
    Io,
    /// It took longer than the connect time-out.
    Timeout,
    /// The server answered with another status than success.
    Refused {
        /// The status of the answer.
        status: u16,
        /// The number of Engine.IO's error, if it was one: 0 transport unknown, 1 session unknown, 2 bad method, 3 bad request, 4 forbidden,
        /// 5 unsupported version.
        code: Option<u8>,
        /// What the server says about it; at most 200 characters.
        message: String,
    },
    /// The answer is not Engine.IO.
    Protocol,
    /// The answer is longer than the limit.
    TooLarge,
}

impl OpenError {
    pub(crate) fn new(kind: OpenErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(crate) fn caused(kind: OpenErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self { kind, source: Some(Arc::new(source)) }
    }

    /// The error of an answer that is no success. `body` is JSON with a code and a message, or a text.
    pub(crate) fn refused(status: StatusCode, body: &[u8]) -> Self {
        #[derive(Default, serde::Deserialize)]
        struct Body {
            code: Option<u8>,
            message: Option<String>,
        }
        let json: Body = serde_json::from_slice(body).unwrap_or_default();
        let message = json.message.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
        let message = message.trim().chars().take(MAX_MESSAGE).collect();
        Self::new(OpenErrorKind::Refused { status: status.as_u16(), code: json.code, message })
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> &OpenErrorKind {
        &self.kind
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            OpenErrorKind::Address => "the address cannot be used",
            OpenErrorKind::NoTls => "the address wants TLS, which needs the feature `rustls` of sockeye",
            OpenErrorKind::Tls => "the certificates or keys cannot be used",
            OpenErrorKind::NoTransport => "there is no transport to try",
            OpenErrorKind::Io => "the server could not be reached",
            OpenErrorKind::Timeout => "the server did not answer in time",
            OpenErrorKind::Protocol => "the answer is not that of an Engine.IO server",
            OpenErrorKind::TooLarge => "the answer is longer than the limit",
            OpenErrorKind::Refused { status, message, .. } if message.is_empty() => {
                return write!(f, "the server answered with status {status}");
            }
            OpenErrorKind::Refused { status, message, .. } => {
                return write!(f, "the server answered with status {status}: {message}");
            }
        })
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl From<OpenedError> for OpenError {
    fn from(error: OpenedError) -> Self {
        Self::caused(OpenErrorKind::Protocol, error)
    }
}

impl From<PacketError> for OpenError {
    fn from(error: PacketError) -> Self {
        Self::caused(OpenErrorKind::Protocol, error)
    }
}

/// How a session ended.
#[derive(Clone, Debug)]
pub(crate) struct Closed {
    /// One of `TransportClose`, `TransportError`, `PingTimeout`, `ForcedClose`: JavaScript's words.
    pub(crate) reason: CloseReason,
    /// What lies behind a `transport error`, and sometimes behind a `transport close`.
    pub(crate) cause: Option<Cause>,
}

impl Closed {
    pub(super) fn new(reason: CloseReason) -> Self {
        Self { reason, cause: None }
    }

    pub(super) fn caused(reason: CloseReason, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { reason, cause: Some(Arc::new(cause)) }
    }

    pub(super) fn failed(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::caused(CloseReason::TransportError, cause)
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl Error for Closed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}
