//! Cross-origin requests: the headers by which a browser lets pages of other origins read the answers, and, when asked,
//! the refusal of what such pages send.

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, header};

/// `cors`: which pages of other origins may use the server, with the options of Express `cors`.
///
/// Browsers ask before they give an answer to a page of another origin, and they ask about polling only: **a WebSocket they open without
/// asking**. As in JavaScript, these headers alone keep no page away from WebSocket; [`refuse_other_origins`](Self::refuse_other_origins) does.
///
/// ```
/// use sockeye::{Server, engine::Cors};
/// let io = Server::builder()
///     .cors(Cors::origins(["https://example.com"]).credentials(true).refuse_other_origins())
///     .build();
/// ```
#[derive(Clone, Debug)]
pub struct Cors {
    origins: Origins,
    credentials: bool,
    methods: HeaderValue,
    /// None: what the browser asks for.
    allowed_headers: Option<HeaderValue>,
    exposed_headers: Option<HeaderValue>,
    max_age: Option<Duration>,
    refuse_others: bool,
}

#[derive(Clone)]
enum Origins {
    Any,
    List(Arc<[String]>),
    Matching(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

/// Express's default.
const METHODS: &str = "GET,HEAD,PUT,PATCH,POST,DELETE";

/// What a request's origin leads to.
#[derive(Debug)]
pub(crate) struct CorsAnswer {
    /// Headers for the answer, whatever else it is.
    pub(crate) headers: HeaderMap,
    /// Whether the request is to be refused for where it comes from.
    pub(crate) is_refused: bool,
}

impl Cors {
    /// Pages of every origin. The answers say `*`, with which browsers send no cookies: for those use [`matching`](Self::matching) with a
    /// function that knows whom to trust.
    #[must_use]
    pub fn any() -> Self {
        Self::new(Origins::Any)
    }

    /// Pages of these origins: scheme, host and, if it is not the scheme's own, port.
    #[must_use]
    pub fn origins(origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        // Browsers write no slash at the end; people do.
        let trimmed = |origin: String| origin.trim_end_matches('/').to_owned();
        Self::new(Origins::List(origins.into_iter().map(|origin| trimmed(origin.into())).collect()))
    }

    /// Pages of the origins for which `allows` is true. It is called for each request that has an `Origin`, and must not block.
    #[must_use]
    pub fn matching(allows: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Origins::Matching(Arc::new(allows)))
    }

    fn new(origins: Origins) -> Self {
        Self {
            origins,
            credentials: false,
            methods: HeaderValue::from_static(METHODS),
            allowed_headers: None,
            exposed_headers: None,
            max_age: None,
            refuse_others: false,
        }
    }

    /// `credentials`: whether requests may carry cookies and the like (`withCredentials` of the client). Default no.
    #[must_use]
    pub fn credentials(mut self, allow: bool) -> Self {
        self.credentials = allow;
        self
    }

    /// `methods`: what preflights are told. Default `GET,HEAD,PUT,PATCH,POST,DELETE`; clients use GET and POST.
    #[must_use]
    pub fn methods(mut self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.methods = list(methods);
        self
    }

    /// `allowedHeaders`: which headers requests may have. Default: those that the browser asks for.
    #[must_use]
    pub fn allowed_headers(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.allowed_headers = Some(list(names));
        self
    }

    /// `exposedHeaders`: which headers of the answers a page may read. Default: those that it always may.
    #[must_use]
    pub fn exposed_headers(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.exposed_headers = Some(list(names));
        self
    }

    /// `maxAge`: how long a browser may remember the answer to a preflight. Default: it decides.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Refuses requests whose `Origin` is not allowed, WebSocket ones above all: polling with 403, WebSocket with 400. JavaScript has
    /// no such option. Requests without `Origin` pass: they do not come from a page of another origin, and what is no browser can write any.
    ///
    /// The server's own origin must be among the allowed ones: its pages send `Origin` with a POST and with a WebSocket.
    #[must_use]
    pub fn refuse_other_origins(mut self) -> Self {
        self.refuse_others = true;
        self
    }

    /// What this request is answered with.
    pub(crate) fn answer(&self, method: &Method, request: &HeaderMap) -> CorsAnswer {
        let mut headers = HeaderMap::new();
        let origin = request.get(header::ORIGIN);
        let allowed = match (&self.origins, origin) {
            (Origins::Any, _) => Some(HeaderValue::from_static("*")),
            (origins, Some(origin)) => origins.allows(origin).then(|| origin.clone()),
            (_, None) => None,
        };
        let is_refused = self.refuse_others && origin.is_some() && allowed.is_none();
        if !matches!(self.origins, Origins::Any) {
            headers.append(header::VARY, HeaderValue::from_name(header::ORIGIN));
        }
        let is_preflight = method == Method::OPTIONS;
        if is_preflight && self.allowed_headers.is_none() {
            headers.append(header::VARY, HeaderValue::from_name(header::ACCESS_CONTROL_REQUEST_HEADERS));
        }
        let Some(allowed) = allowed else { return CorsAnswer { headers, is_refused } };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(exposed) = &self.exposed_headers {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
        if is_preflight {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            let asked = || request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
            if let Some(names) = self.allowed_headers.clone().or_else(asked) {
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
            }
            if let Some(age) = self.max_age {
                headers.insert(header::ACCESS_CONTROL_MAX_AGE, age.as_secs().into());
            }
        }
        CorsAnswer { headers, is_refused }
    }
}

impl Origins {
    fn allows(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        match self {
            Self::Any => true,
            Self::List(list) => list.iter().any(|allowed| allowed == origin),
            Self::Matching(allows) => allows(origin),
        }
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("Any"),
            Self::List(list) => list.fmt(f),
            Self::Matching(_) => f.write_str("Matching"),
        }
    }
}

/// The items in one header. What no header may hold is left out.
fn list(items: impl IntoIterator<Item = impl AsRef<str>>) -> HeaderValue {
    let mut text = String::new();
    for item in items {
        let item = item.as_ref();
        if HeaderValue::from_str(item).is_err() {
            tracing::warn!(item, "left out of the CORS headers: it is no header value");
            continue;
        }
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(item);
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(cors: &Cors, method: Method, headers: &[(&'static str, &str)]) -> (Vec<String>, bool) {
        let mut request = HeaderMap::new();
        for (name, value) in headers {
            request.insert(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let CorsAnswer { headers, is_refused } = cors.answer(&method, &request);
        let mut lines: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        (lines, is_refused)
    }

    #[test]
    fn any_origin_is_a_star_with_or_without_an_origin() {
        let star = (vec!["access-control-allow-origin: *".to_owned()], false);
        assert_eq!(ask(&Cors::any(), Method::GET, &[]), star);
        let cors = Cors::any().refuse_other_origins();
        assert_eq!(ask(&cors, Method::GET, &[("origin", "http://a.example")]), star);
    }

    #[test]
    fn listed_origins_are_named_and_others_are_not() {
        let cors = Cors::origins(["http://a.example/", "http://b.example"])
            .credentials(true)
            .exposed_headers(["x-a", "x-b"]);
        let named = [
            "access-control-allow-credentials: true",
            "access-control-allow-origin: http://a.example",
            "access-control-expose-headers: x-a,x-b",
            "vary: origin",
        ];
        let (lines, is_refused) = ask(&cors, Method::POST, &[("origin", "http://a.example")]);
        assert_eq!((lines, is_refused), (named.map(str::to_owned).to_vec(), false));
        for other in ["http://a.example.evil", "https://a.example", "null", "", "http://ä.example"] {
            assert_eq!(
                ask(&cors, Method::GET, &[("origin", other)]),
                (vec!["vary: origin".to_owned()], false)
            );
        }
        assert_eq!(ask(&cors, Method::GET, &[]), (vec!["vary: origin".to_owned()], false));
    }

    #[test]
    fn a_preflight_is_told_methods_headers_and_age() {
        let request = [
            ("origin", "http://a.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-mine,content-type"),
        ];
        let told = [
            "access-control-allow-headers: x-mine,content-type",
            "access-control-allow-methods: GET,HEAD,PUT,PATCH,POST,DELETE",
            "access-control-allow-origin: *",
            "vary: access-control-request-headers",
        ];
        assert_eq!(ask(&Cors::any(), Method::OPTIONS, &request).0, told);
        let cors = Cors::matching(|origin| origin.ends_with(".example"))
            .methods([Method::GET, Method::POST])
            .allowed_headers(["x-token", "bad\nname"])
            .max_age(Duration::from_secs(600));
        let told = [
            "access-control-allow-headers: x-token",
            "access-control-allow-methods: GET,POST",
            "access-control-allow-origin: http://a.example",
            "access-control-max-age: 600",
            "vary: origin",
        ];
        assert_eq!(ask(&cors, Method::OPTIONS, &request).0, told);
    }

    #[test]
    fn other_origins_are_refused_only_when_asked_for_and_only_if_there_is_one() {
        let cors = Cors::origins(["http://a.example"]);
        assert!(!ask(&cors, Method::GET, &[("origin", "http://b.example")]).1);
        let cors = cors.refuse_other_origins();
        assert!(ask(&cors, Method::GET, &[("origin", "http://b.example")]).1);
        assert!(ask(&cors, Method::GET, &[("origin", "null")]).1);
        assert!(ask(&cors, Method::OPTIONS, &[("origin", "http://b.example")]).1);
        assert!(!ask(&cors, Method::GET, &[("origin", "http://a.example")]).1);
        assert!(!ask(&cors, Method::GET, &[]).1);
    }
}
