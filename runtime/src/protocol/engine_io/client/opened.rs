//! The OPEN packet as a client reads it.

use std::{error::Error, fmt, time::Duration};

use serde::Deserialize;

use super::deadline::LONGEST;
use crate::id::SessionId;

/// Most bytes of a session's id. JavaScript's have 20; it stands in the query of each request.
const MAX_SESSION: usize = 1024;

/// What a server's OPEN packet says. Keys that are not known are passed over.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The session's id.
    pub session: SessionId,
    /// The transports that the session may change over to.
    pub upgrades: Vec<String>,
    /// From one ping to the next. At most about 24.8 days, as in JavaScript.
    pub ping_interval: Duration,
    /// How late a ping may be. At most about 24.8 days.
    pub ping_timeout: Duration,
    /// Most bytes of a polling body; `None` for a server that does not say so, and those before socket.io 4.2.
    pub max_payload: Option<usize>,
}

/// Why the data of an OPEN packet is none.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenedError {
    /// It is no JSON object with the right keys.
    Json(serde_json::Error),
    /// The session's id is empty or longer than 1024 bytes.
    Session,
    /// A time is negative or no number.
    Time,
}

impl fmt::Display for OpenedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json(_) => "the open packet is not the expected object",
            Self::Session => "the session's id is empty or too long",
            Self::Time => "a time of the heartbeat is negative",
        })
    }
}

impl Error for OpenedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::Session | Self::Time => None,
        }
    }
}

impl Opened {
    /// Reads the data of an OPEN packet: what stands behind the `0`.
    ///
    /// ```
    /// use sockeye::protocol::engine_io::client::Opened;
    /// let text = r#"{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
    /// let opened = Opened::from_json(text).unwrap();
    /// assert_eq!(opened.upgrades, ["websocket"]);
    /// assert_eq!(opened.ping_interval.as_secs(), 25);
    /// ```
    ///
    /// # Errors
    ///
    /// If it is no JSON object, has no id or times, or they are not what they should be.
    pub fn from_json(text: &str) -> Result<Self, OpenedError> {
        /// Numbers as floats: some servers write `25000.0`.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            #[serde(borrow)]
            sid: std::borrow::Cow<'a, str>,
            #[serde(default)]
            upgrades: Vec<String>,
            ping_interval: f64,
            ping_timeout: f64,
            #[serde(default)]
            max_payload: Option<f64>,
        }
        let body: Body<'_> = serde_json::from_str(text).map_err(OpenedError::Json)?;
        if body.sid.is_empty() || body.sid.len() > MAX_SESSION {
            return Err(OpenedError::Session);
        }
        Ok(Self {
            session: SessionId::from(&*body.sid),
            upgrades: body.upgrades,
            ping_interval: time(body.ping_interval)?,
            ping_timeout: time(body.ping_timeout)?,
            // JavaScript takes 0 for none; a cast of a float stops at the ends.
            max_payload: body.max_payload.filter(|bytes| *bytes >= 1.0).map(|bytes| bytes as usize),
        })
    }
}

fn time(millis: f64) -> Result<Duration, OpenedError> {
    if !millis.is_finite() || millis < 0.0 {
        return Err(OpenedError::Time);
    }
    Ok(Duration::from_millis(millis as u64).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_are_not_known_are_passed_over_and_some_may_be_missing() {
        let text = r#"{"pingInterval":300.0,"sid":"a\u0062c","x":{"y":[1]},"pingTimeout":200}"#;
        let opened = Opened::from_json(text).unwrap();
        assert_eq!(opened.session.as_str(), "abc");
        assert_eq!((opened.ping_interval.as_millis(), opened.ping_timeout.as_millis()), (300, 200));
        assert!(opened.upgrades.is_empty() && opened.max_payload.is_none());
        assert!(!format!("{opened:?}").contains("abc\""));
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"sid":"a","pingInterval":1}"#,
            r#"{"sid":"","pingInterval":1,"pingTimeout":1}"#,
            r#"{"sid":7,"pingInterval":1,"pingTimeout":1}"#,
            r#"{"sid":"a","pingInterval":-1,"pingTimeout":1}"#,
            r#"{"sid":"a","pingInterval":"1","pingTimeout":1}"#,
            r#"{"sid":"a","pingInterval":1,"pingTimeout":1,"upgrades":"websocket"}"#,
        ] {
            assert!(Opened::from_json(text).is_err(), "{text}");
        }
        let long = format!(r#"{{"sid":"{}","pingInterval":1,"pingTimeout":1}}"#, "x".repeat(1025));
        assert!(matches!(Opened::from_json(&long), Err(OpenedError::Session)));
    }

    #[test]
    fn times_and_sizes_past_all_measure_are_cut() {
        let text =
            r#"{"sid":"a","pingInterval":1e300,"pingTimeout":18446744073709551615,"maxPayload":1e300}"#;
        let opened = Opened::from_json(text).unwrap();
        assert_eq!((opened.ping_interval, opened.ping_timeout), (LONGEST, LONGEST));
        assert_eq!(opened.max_payload, Some(usize::MAX));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}", sid in ".{0,8}", number in any::<f64>()) {
            let _ = Opened::from_json(&text);
            let sid = serde_json::to_string(&sid).unwrap();
            let _ = Opened::from_json(&format!(r#"{{"sid":{sid},"pingInterval":{number},"pingTimeout":{number},"maxPayload":{number}}}"#));
        }
    }
}
