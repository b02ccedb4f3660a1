//! Why there is no connection, and why there cannot be a client.
//!
//! Knows nothing of the tries themselves.

use std::{error::Error, fmt, sync::Arc};

use serde::de::DeserializeOwned;

use super::OpenError;
use crate::{
    event::{Value, read_payload},
    protocol::socket_io::packet::Payload,
};

type Cause = Arc<dyn Error + Send + Sync>;

/// Why a namespace could not be joined: `connect_error` in JavaScript. Cheap to clone.
///
/// A refusal is the server's own word: it has the server's message and perhaps data, and the client does not try again by itself. Everything
/// else is a failure on the way, which is tried again as the options for reconnection say.
///
/// ```
/// use sockeye::client::ConnectError;
///
/// #[derive(serde::Deserialize)]
/// struct Hint {
///     code: String,
/// }
///
/// /// Whether a new token would help.
/// fn expired(error: &ConnectError) -> bool {
///     error.is_refusal() && error.data::<Hint>().is_ok_and(|hint| hint.code == "E_EXPIRED")
/// }
/// ```
#[derive(Clone)]
pub struct ConnectError {
    message: Arc<str>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Refused(Option<Arc<Payload>>),
    Failed(Cause),
    TimedOut,
    Closed,
}

/// The part of a refusal that is data.
#[derive(serde::Deserialize)]
struct Refusal<T> {
    data: T,
}

#[derive(serde::Deserialize)]
struct Message {
    #[serde(default)]
    message: Option<String>,
}

impl ConnectError {
    /// What a CONNECT_ERROR packet says.
    pub(crate) fn refused(payload: Option<Payload>) -> Self {
        let message = payload.as_ref().and_then(|payload| read_payload::<Message>(payload).ok()?.message);
        let message = message.unwrap_or_else(|| "the server refused".to_owned());
        Self { message: message.into(), kind: Kind::Refused(payload.map(Arc::new)) }
    }

    /// No connection came about.
    pub(crate) fn failed(error: impl Error + Send + Sync + 'static) -> Self {
        Self { message: error.to_string().into(), kind: Kind::Failed(Arc::new(error)) }
    }

    /// What the user's own function for `auth` ended with.
    pub(crate) fn auth(error: Box<dyn Error + Send + Sync>) -> Self {
        Self { message: "no `auth` could be had".into(), kind: Kind::Failed(error.into()) }
    }

    /// It took too long: JavaScript's word for it.
    pub(crate) fn timed_out() -> Self {
        Self { message: "timeout".into(), kind: Kind::TimedOut }
    }

    /// The client was closed, by either side, before it was connected.
    pub(crate) fn closed(why: impl fmt::Display) -> Self {
        Self { message: format!("closed: {why}").into(), kind: Kind::Closed }
    }

    /// The message: the server's, if the server refused.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the server refused. The client does not try again then; `connect()` by hand does.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self.kind, Kind::Refused(_))
    }

    /// Whether it took longer than the connect time-out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, Kind::TimedOut)
    }

    /// Why no session came about, if that is what failed.
    #[must_use]
    pub fn open_error(&self) -> Option<&OpenError> {
        match &self.kind {
            Kind::Failed(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// The data that the server sent with its refusal, read as a `T`: `error.data` in JavaScript. An `Option<T>` takes none, too.
    ///
    /// # Errors
    ///
    /// If there is none, or it is no `T`.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, NoData> {
        match &self.kind {
            Kind::Refused(Some(payload)) => match read_payload::<Refusal<T>>(payload) {
                Ok(refusal) => Ok(refusal.data),
                Err(error) => Err(NoData(Some(error))),
            },
            _ => Err(NoData(None)),
        }
    }

    /// The data, whatever it is; `None` if there is none.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        self.data().ok()
    }
}

/// Shows the message, not the data: it may be a secret.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectError")
            .field("message", &self.message)
            .field("refused", &self.is_refusal())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            // Its own text is the message already.
            Kind::Failed(error) if error.to_string() == *self.message => error.source(),
            Kind::Failed(error) => Some(&**error),
            _ => None,
        }
    }
}

/// The data of a refusal cannot be read: there is none, or it is something else.
#[derive(Debug)]
pub struct NoData(Option<serde_json::Error>);

impl fmt::Display for NoData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "the data of the refusal has another shape",
            None => "there is no data: nobody refused",
        })
    }
}

impl Error for NoData {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_ref().map(|error| error as _)
    }
}

/// Why a client cannot be made. The mistake is always on this side.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The address is no `http`, `https`, `ws` or `wss` URL.
    Url {
        /// What was given, without its query; only the scheme if it may have a password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// An option has a value that cannot be used.
    Option {
        /// Its name.
        option: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The manager has a client of this namespace already. JavaScript opens a second connection then; so does a second manager.
    NamespaceTaken(String),
    /// The namespace is dynamic: `.at(…)` or `.at_path(…)` says which one.
    NoPath(&'static str),
    /// The path is none of this namespace.
    Path(String),
    /// The value for `auth` does not serialize.
    Auth(serde_json::Error),
    /// There is no tokio runtime here.
    NoRuntime,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { url, why } => write!(f, "`{url}` is no address of a server: {why}"),
            Self::Option { option, why } => write!(f, "the option `{option}` cannot be used: {why}"),
            Self::NamespaceTaken(path) => {
                write!(f, "the manager has a client of namespace `{path}` already")
            }
            Self::NoPath(pattern) => {
                write!(f, "namespace `{pattern}` is dynamic: say which one with `at` or `at_path`")
            }
            Self::Path(path) => write!(f, "`{path}` is no path of this namespace"),
            Self::Auth(_) => f.write_str("the value for `auth` cannot be serialized"),
            Self::NoRuntime => f.write_str("a client needs a tokio runtime, and there is none here"),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Auth(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::socket_io::packet::Body;

    fn refusal(json: &'static str) -> ConnectError {
        let body = Body::Json(bytestring::ByteString::from_static(json));
        ConnectError::refused(Some(Payload { body, attachments: Vec::new() }))
    }

    #[test]
    fn a_refusal_has_message_and_typed_data() {
        #[derive(serde::Deserialize, Debug, PartialEq)]
        struct Hint {
            code: u32,
        }
        let error = refusal(r#"{"message":"not authorized","data":{"code":7}}"#);
        assert_eq!((error.message(), error.is_refusal()), ("not authorized", true));
        assert_eq!(error.data::<Hint>().unwrap(), Hint { code: 7 });
        assert!(error.data::<String>().unwrap_err().source().is_some());
        assert!(error.value().is_some());
    }

    #[test]
    fn a_refusal_without_data_or_message_is_one_too() {
        let error = refusal(r#"{"message":"no"}"#);
        assert!(error.data::<u32>().is_err());
        assert_eq!(refusal("{}").to_string(), "the server refused");
        assert_eq!(ConnectError::refused(None).message(), "the server refused");
        // JavaScript's users may send anything there.
        assert_eq!(refusal(r#"{"message":5}"#).to_string(), "the server refused");
    }

    #[test]
    fn a_failure_keeps_its_cause_and_says_nothing_twice() {
        let error = ConnectError::auth("no token".into());
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("no token"));
        let error = ConnectError::failed(std::io::Error::other("no route"));
        assert_eq!(error.to_string(), "no route");
        assert!(error.source().is_none() && !error.is_refusal());
    }
}
