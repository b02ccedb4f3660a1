//! The cookie of a polling handshake, by which a load balancer can send a client back to the same node.

use std::{fmt::Write, time::Duration};

use http::HeaderValue;

use crate::id::SessionId;

/// `cookie`: a cookie with the session's id, on the answer to a polling handshake and on no other.
///
/// Nothing in the protocol reads it: it is for what stands in front of several nodes. A session that begins on WebSocket needs none, and
/// gets none, as in JavaScript. The default is `io=<sid>; Path=/; HttpOnly; SameSite=Lax`.
///
/// ```
/// use sockeye::{Server, engine::{Cookie, SameSite}};
/// let io = Server::builder()
///     .cookie(Cookie::default().name("node").secure(true).same_site(SameSite::Strict))
///     .build();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    name: String,
    path: Option<String>,
    domain: Option<String>,
    max_age: Option<Duration>,
    http_only: bool,
    secure: bool,
    partitioned: bool,
    same_site: Option<SameSite>,
    others: Vec<String>,
}

/// Whether requests from pages of other sites carry the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only when the user follows a link.
    Lax,
    /// Always; browsers want [`Cookie::secure`] with it.
    None,
}

impl Default for Cookie {
    fn default() -> Self {
        Self {
            name: "io".to_owned(),
            path: Some("/".to_owned()),
            domain: None,
            max_age: None,
            http_only: true,
            secure: false,
            partitioned: false,
            same_site: Some(SameSite::Lax),
            others: Vec::new(),
        }
    }
}

impl Cookie {
    /// The name. Default `io`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// `Path`; `None` leaves it out, and then the browser takes the path of the request. Default `/`.
    #[must_use]
    pub fn path<'a>(mut self, path: impl Into<Option<&'a str>>) -> Self {
        self.path = path.into().map(str::to_owned);
        self
    }

    /// `Domain`. Default: none, which means the host of the request and no other.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// `Max-Age`, in whole seconds. Default: none; the cookie ends with the browser.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// `HttpOnly`: scripts cannot read it. Default yes.
    #[must_use]
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// `Secure`: it travels over TLS only. Default no.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// `Partitioned`: embedded under two sites, it is two cookies. Default no.
    #[must_use]
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.partitioned = partitioned;
        self
    }

    /// `SameSite`; `None` leaves it to the browser. Default [`SameSite::Lax`].
    #[must_use]
    pub fn same_site(mut self, same_site: impl Into<Option<SameSite>>) -> Self {
        self.same_site = same_site.into();
        self
    }

    /// Any other attribute, as it is to stand in the header: `Priority=High`.
    #[must_use]
    pub fn attribute(mut self, attribute: impl Into<String>) -> Self {
        self.others.push(attribute.into());
        self
    }

    /// The header for this session. `None` if an attribute holds what no header may.
    pub(crate) fn header(&self, session: &SessionId) -> Option<HeaderValue> {
        let mut text = format!("{}={}", self.name, session.as_str());
        // Writing into a string cannot fail.
        let mut add = |name: &str, value: &str| {
            let _ = match value {
                "" => write!(text, "; {name}"),
                value => write!(text, "; {name}={value}"),
            };
        };
        if let Some(age) = self.max_age {
            add("Max-Age", &age.as_secs().to_string());
        }
        if let Some(domain) = &self.domain {
            add("Domain", domain);
        }
        if let Some(path) = &self.path {
            add("Path", path);
        }
        for (name, is_set) in
            [("HttpOnly", self.http_only), ("Secure", self.secure), ("Partitioned", self.partitioned)]
        {
            if is_set {
                add(name, "");
            }
        }
        for other in &self.others {
            add(other, "");
        }
        match self.same_site {
            Some(SameSite::Strict) => add("SameSite", "Strict"),
            Some(SameSite::Lax) => add("SameSite", "Lax"),
            Some(SameSite::None) => add("SameSite", "None"),
            None => {}
        }
        let header = HeaderValue::try_from(text);
        if header.is_err() {
            tracing::warn!(name = %self.name, "the session's cookie is left out: it is no header value");
        }
        header.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cookie: &Cookie) -> String {
        cookie.header(&SessionId::from("abc")).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn the_default_is_javascripts() {
        assert_eq!(header(&Cookie::default()), "io=abc; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn every_attribute_can_be_set_and_left_out() {
        let cookie = Cookie::default()
            .name("node")
            .path("/chat")
            .domain("example.com")
            .max_age(Duration::from_millis(90_500))
            .secure(true)
            .partitioned(true)
            .attribute("Priority=High")
            .same_site(SameSite::None);
        assert_eq!(
            header(&cookie),
            "node=abc; Max-Age=90; Domain=example.com; Path=/chat; HttpOnly; Secure; Partitioned; Priority=High; SameSite=None"
        );
        assert_eq!(header(&Cookie::default().path(None).http_only(false).same_site(None)), "io=abc");
    }

    #[test]
    fn what_no_header_may_hold_makes_no_cookie() {
        assert_eq!(Cookie::default().path("/\r\nx: y").header(&SessionId::from("abc")), None);
    }
}
