//! The head of a request in one piece of memory. Every session keeps one, so that a `HeaderMap`, with its buckets and a piece for each
//! value, would be most of what an idle connection costs.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Names that stand as one byte, by their place. Only kept in memory: the order may change.
const NAMES: [&str; 38] = [
    "host",
    "connection",
    "upgrade",
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "pragma",
    "origin",
    "referer",
    "cookie",
    "authorization",
    "content-type",
    "content-length",
    "dnt",
    "priority",
    "sec-websocket-version",
    "sec-websocket-key",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "sec-fetch-storage-access",
    "sec-gpc",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "x-requested-with",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-real-ip",
    "forwarded",
    "traceparent",
    "tracestate",
];

/// In the place of a name's byte: its length and itself follow.
const SPELT: u8 = 0x7f;

/// In the same byte: the value is not to be shown.
const SENSITIVE: u8 = 0x80;

/// Path and query, then the headers: for each its name's byte, the value's length and the value. Lengths are in groups of seven bits,
/// the least first.
#[derive(Clone)]
pub(super) struct Head(Box<[u8]>);

impl Head {
    pub(super) fn new(uri: &str, headers: &HeaderMap) -> Self {
        let mut bytes = Vec::with_capacity(uri.len() + 32 * headers.len() + 4);
        write(&mut bytes, uri.as_bytes());
        for (name, value) in headers {
            let sensitive = if value.is_sensitive() { SENSITIVE } else { 0 };
            match NAMES.iter().position(|known| *known == name.as_str()) {
                Some(place) => bytes.push(place as u8 | sensitive),
                None => {
                    bytes.push(SPELT | sensitive);
                    write(&mut bytes, name.as_str().as_bytes());
                }
            }
            write(&mut bytes, value.as_bytes());
        }
        Self(bytes.into())
    }

    pub(super) fn uri(&self) -> &str {
        let uri = read(&mut &*self.0).unwrap_or_default();
        std::str::from_utf8(uri).unwrap_or_default()
    }

    pub(super) fn header_values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.lines()
            .filter(move |line| line.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|line| line.value)
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for Line { name, value, sensitive } in self.lines() {
            if let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
            {
                value.set_sensitive(sensitive);
                headers.append(name, value);
            }
        }
        headers
    }

    fn lines(&self) -> Lines<'_> {
        let mut rest = &*self.0;
        let _ = read(&mut rest);
        Lines(rest)
    }
}

struct Line<'a> {
    name: &'a [u8],
    value: &'a [u8],
    sensitive: bool,
}

struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        let name = match first & !SENSITIVE {
            SPELT => read(&mut self.0)?,
            place => NAMES.get(usize::from(place))?.as_bytes(),
        };
        Some(Line { name, value: read(&mut self.0)?, sensitive: first & SENSITIVE != 0 })
    }
}

fn write(into: &mut Vec<u8>, bytes: &[u8]) {
    let mut len = bytes.len();
    while len >= 0x80 {
        into.push(len as u8 | 0x80);
        len >>= 7;
    }
    into.push(len as u8);
    into.extend_from_slice(bytes);
}

fn read<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (mut len, mut shift) = (0, 0);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        len |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (bytes, rest) = from.split_at_checked(len)?;
    *from = rest;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            uri in "/[ -~äß]{0,200}",
            headers in prop::collection::vec(
                (prop_oneof!["[a-z-]{1,12}", (0..NAMES.len()).prop_map(|n| NAMES[n].to_owned())], "[ -~]{0,300}", any::<bool>()),
                0..12,
            ),
        ) {
            let mut map = HeaderMap::new();
            for (name, value, sensitive) in &headers {
                let mut value = HeaderValue::from_str(value).unwrap();
                value.set_sensitive(*sensitive);
                map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
            }
            let head = Head::new(&uri, &map);
            prop_assert_eq!(head.uri(), uri);
            let again = head.headers();
            prop_assert_eq!(&again, &map);
            for (name, value) in &map {
                prop_assert!(head.header_values(name.as_str()).any(|one| one == value.as_bytes()));
            }
            let secrets = |map: &HeaderMap| map.values().filter(|value| value.is_sensitive()).count();
            prop_assert_eq!(secrets(&again), secrets(&map));
        }
    }

    #[test]
    fn a_browser_s_head_is_little_more_than_what_it_says() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("host", "a"), ("upgrade", "websocket"), ("sec-websocket-version", "13"), ("cookie", "b=c")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
        assert_eq!(Head::new("/", &headers).0.len(), 2 + 2 * 4 + 15);
    }
}
