//! The address as it is given: server, namespace and query, as JavaScript's `io(url)` reads it.

/// What an address consists of.
#[derive(Debug, PartialEq)]
pub(crate) struct Address {
    pub(crate) server: String,
    pub(crate) namespace: Option<String>,
    pub(crate) query: Vec<(String, String)>,
}

impl Address {
    /// Takes an address apart; without a scheme it is `http`. What is wrong with the server is left to the client to say.
    pub(crate) fn parse(url: &str) -> Self {
        let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let url = url.split('#').next().unwrap_or_default();
        let (url, query) = url.split_once('?').unwrap_or((url, ""));
        let host = url.find("://").map_or(0, |at| at + 3);
        let path = url[host..].find('/').map_or(url.len(), |at| host + at);
        let (server, path) = url.split_at(path);
        Self {
            server: server.to_owned(),
            namespace: (path.len() > 1).then(|| path.to_owned()),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_the_namespace_and_the_scheme_may_be_left_out() {
        let address = Address::parse("https://example.org:8443/chat/7?a=1&b=x%20y#z");
        assert_eq!(address.server, "https://example.org:8443");
        assert_eq!(address.namespace.as_deref(), Some("/chat/7"));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(address.query, [pair("a", "1"), pair("b", "x y")]);
        for root in ["localhost:3000", "localhost:3000/", "localhost:3000?"] {
            let address = Address::parse(root);
            assert_eq!(
                (address.server.as_str(), address.namespace),
                ("http://localhost:3000", None),
                "{root}"
            );
        }
    }
}
