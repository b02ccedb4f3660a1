//! W3C Trace Context: the trace that a handshake belongs to, as its headers tell.
//!
//! Knows headers only; what is done with a trace is the application's affair.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

/// Known beforehand, so that no request has it read anew.
const PARENT: HeaderName = HeaderName::from_static("traceparent");

/// Members that a list of states may have, and bytes that are kept of it: both by the recommendation.
const MAX_STATES: usize = 32;
const MAX_STATE_BYTES: usize = 512;

/// Where a request stands in a distributed trace: the headers `traceparent` and `tracestate` of
/// [W3C Trace Context](https://www.w3.org/TR/trace-context/), level 1.
///
/// They come from the client, or from the proxy in front: whoever may connect may choose them, so a decision that costs something, as
/// to sample, should not rest on them alone.
///
/// ```
/// use sockeye::engine::{HandshakeRequest, TraceContext};
///
/// fn parent(request: &HandshakeRequest) -> Option<String> {
///     let context: &TraceContext = request.trace_context()?;
///     Some(format!("{:032x}", context.trace_id))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceContext {
    /// The trace; never 0. `opentelemetry::TraceId::from` takes it as it is.
    pub trace_id: u128,
    /// The span that made the request; never 0. `opentelemetry::SpanId::from` takes it as it is.
    pub parent_id: u64,
    /// Whether the caller may have recorded it.
    pub sampled: bool,
    /// `tracestate`, its members separated by commas; empty if there is none, or none that is valid.
    pub state: String,
}

impl TraceContext {
    /// What the headers say; `None` if there is no `traceparent`, more than one, or one that breaks the rules.
    ///
    /// ```
    /// use sockeye::engine::TraceContext;
    /// let mut headers = http::HeaderMap::new();
    /// headers.insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?);
    /// let context = TraceContext::from_headers(&headers).unwrap();
    /// assert_eq!((context.parent_id, context.sampled), (0x00f067aa0ba902b7, true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut parents = headers.get_all(PARENT).iter();
        let (parent, None) = (parents.next()?, parents.next()) else { return None };
        let mut context = Self::parse(parent.as_bytes())?;
        context.state = state(headers).unwrap_or_default();
        Some(context)
    }

    /// `version "-" trace-id "-" parent-id "-" trace-flags`, lower-case digits only. A later version may have more behind a dash.
    fn parse(text: &[u8]) -> Option<Self> {
        let (known, rest) = text.split_at_checked(55)?;
        let version = hex(&known[..2])?;
        let ends = rest.is_empty() || (version != 0 && rest.starts_with(b"-"));
        let dashed = [2, 35, 52].iter().all(|at| known[*at] == b'-');
        if version == 0xff || !ends || !dashed {
            return None;
        }
        let trace_id = hex(&known[3..35]).filter(|id| *id != 0)?;
        let parent_id = hex(&known[36..52]).filter(|id| *id != 0)?;
        let flags = hex(&known[53..])?;
        Some(Self {
            trace_id,
            parent_id: u64::try_from(parent_id).ok()?,
            sampled: flags & 1 == 1,
            state: String::new(),
        })
    }
}

/// The value for a `traceparent` header of the same meaning, in version 0.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, u8::from(self.sampled))
    }
}

/// At most 32 digits.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

/// All `tracestate` headers as one list. One wrong member makes all of it void, and so does one key twice.
fn state(headers: &HeaderMap) -> Option<String> {
    let mut state = String::new();
    let mut keys: Vec<&str> = Vec::new();
    for header in headers.get_all("tracestate") {
        for member in HeaderValue::to_str(header).ok()?.split(',') {
            let member = member.trim_matches([' ', '\t']);
            if member.is_empty() {
                continue;
            }
            let (key, value) = member.split_once('=')?;
            if !is_key(key) || !is_value(value) || keys.contains(&key) || keys.len() == MAX_STATES {
                return None;
            }
            keys.push(key);
            if !state.is_empty() {
                state.push(',');
            }
            state.push_str(member);
            if state.len() > MAX_STATE_BYTES {
                return None;
            }
        }
    }
    Some(state)
}

/// A name, or a tenant's name at a system's: `rojo`, `fw529a3039@dt`.
fn is_key(key: &str) -> bool {
    let part = |text: &str, digit_first: bool, max: usize| {
        let first = |byte: &u8| byte.is_ascii_lowercase() || (digit_first && byte.is_ascii_digit());
        let rest = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'*' | b'/')
        };
        text.len() <= max && text.as_bytes().first().is_some_and(first) && text.bytes().all(rest)
    };
    match key.split_once('@') {
        Some((tenant, system)) => part(tenant, true, 241) && part(system, false, 14),
        None => part(key, false, 256),
    }
}

/// Printable, without a comma or an equals sign.
fn is_value(value: &str) -> bool {
    (1..=256).contains(&value.len())
        && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<Vec<_>>()
            .into_iter()
            .fold(HeaderMap::new(), |mut headers, (name, value): (http::HeaderName, HeaderValue)| {
                headers.append(name, value);
                headers
            })
    }

    fn of(pairs: &[(&'static str, &str)]) -> Option<TraceContext> {
        TraceContext::from_headers(&headers(pairs))
    }

    #[test]
    fn a_parent_is_read() {
        let context = of(&[("traceparent", PARENT)]).unwrap();
        assert_eq!(context.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!((context.parent_id, context.sampled), (0x00f0_67aa_0ba9_02b7, true));
        assert_eq!((context.state.as_str(), context.to_string().as_str()), ("", PARENT));
    }

    #[test]
    fn flags_other_than_sampled_and_later_versions_are_taken() {
        let with = |version: &str, flags: &str, more: &str| {
            of(&[("traceparent", &format!("{version}{}{flags}{more}", &PARENT[2..53]))])
        };
        assert_eq!(with("00", "00", "").map(|context| context.sampled), Some(false));
        assert_eq!(with("00", "fe", "").map(|context| context.sampled), Some(false));
        assert_eq!(with("00", "ff", "").map(|context| context.sampled), Some(true));
        assert!(with("cc", "01", "").is_some());
        assert!(with("cc", "01", "-what-the-future-holds").is_some());
        assert_eq!(with("cc", "01", ".no"), None);
    }

    #[test]
    fn what_breaks_the_rules_is_no_parent() {
        for wrong in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b77-01",
        ] {
            assert_eq!(of(&[("traceparent", wrong)]), None, "{wrong}");
        }
        assert_eq!(of(&[("traceparent", PARENT), ("traceparent", PARENT)]), None);
        assert_eq!(of(&[("tracestate", "a=1")]), None);
    }

    #[test]
    fn states_are_joined_and_one_wrong_member_voids_all() {
        let state = |values: &[&str]| {
            let mut pairs = vec![("traceparent", PARENT)];
            pairs.extend(values.iter().map(|value| ("tracestate", *value)));
            of(&pairs).unwrap().state
        };
        assert_eq!(
            state(&["rojo=00f067aa0ba902b7,congo=t61r", "1a@dt=x y"]),
            "rojo=00f067aa0ba902b7,congo=t61r,1a@dt=x y"
        );
        assert_eq!(state(&["a=1 ,\t, b=2"]), "a=1,b=2");
        let many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>();
        assert_eq!(state(&[&many[..32].join(",")]).split(',').count(), 32);
        for wrong in
            ["a", "=1", "A=1", "a=", "a=1=2", "a=1,a=2", "1a=1", "a@1=1", "a@b@c=1", "a=ü", &many.join(",")]
        {
            assert_eq!(state(&["ok=1", wrong]), "", "{wrong}");
        }
        assert_eq!(state(&[&format!("a={}", "x".repeat(257))]), "");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(trace_id in 1..u128::MAX, parent_id in 1..u64::MAX, sampled: bool) {
            let context = TraceContext { trace_id, parent_id, sampled, state: String::new() };
            prop_assert_eq!(TraceContext::parse(context.to_string().as_bytes()), Some(context));
        }

        #[test]
        fn no_input_panics(text in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = TraceContext::parse(&text);
        }
    }
}
