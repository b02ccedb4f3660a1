//! Whose a request is, for the limit on sessions of one address. Knows headers and addresses, nothing of sessions.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use crate::engine::HandshakeRequest;

type Find = dyn Fn(&HandshakeRequest) -> Option<IpAddr> + Send + Sync;

/// Where the address of a client is to be found. Default: [`ClientAddress::peer`].
///
/// Addresses are compared as whoever hands them out does: an IPv6 one by its first 64 bits, the rest of which a client may choose; an IPv4
/// one within IPv6 as IPv4.
///
/// ```
/// use sockeye::{Server, engine::ClientAddress};
///
/// // One proxy stands in front, and appends the address that it sees.
/// let io = Server::builder()
///     .max_sessions_per_address(50)
///     .client_address(ClientAddress::forwarded_for(1))
///     .build();
/// ```
#[derive(Clone, Default)]
pub struct ClientAddress(Source);

#[derive(Clone, Default)]
enum Source {
    #[default]
    Peer,
    ForwardedFor(usize),
    Header(&'static str),
    Find(Arc<Find>),
}

impl ClientAddress {
    /// The other end of the connection: [`HandshakeRequest::remote_addr`]. Where that is not known, as behind an HTTP server that does not
    /// put [`RemoteAddr`](crate::engine::RemoteAddr) into its requests, nobody is counted.
    #[must_use]
    pub const fn peer() -> Self {
        Self(Source::Peer)
    }

    /// From `X-Forwarded-For`, behind so many proxies of one's own that each append the address they see: 1 takes the last entry, 2 the one
    /// before it. What stands further left is what a client claims, and is not looked at. Without such an entry it is the peer.
    #[must_use]
    pub const fn forwarded_for(proxies: usize) -> Self {
        Self(Source::ForwardedFor(proxies))
    }

    /// From a header with one address, which a proxy of one's own sets and takes from nobody, such as `x-real-ip`; the name in lower case.
    /// Without it, it is the peer.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self(Source::Header(name))
    }

    /// By a function. It must not block. A client for which it gives `None` is not counted.
    #[must_use]
    pub fn matching(find: impl Fn(&HandshakeRequest) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        Self(Source::Find(Arc::new(find)))
    }

    /// The address under which this request's session counts.
    pub(crate) fn of(&self, request: &HandshakeRequest) -> Option<IpAddr> {
        let peer = || request.remote_addr.map(|addr| addr.ip());
        let address = match &self.0 {
            Source::Peer => peer(),
            Source::ForwardedFor(0) => peer(),
            Source::ForwardedFor(proxies) => forwarded(request, *proxies).or_else(peer),
            Source::Header(name) => request.header(name).and_then(parse).or_else(peer),
            Source::Find(find) => find(request),
        };
        address.map(group)
    }
}

/// The entry that the outermost of so many proxies has appended. A header that is given several times is one list.
fn forwarded(request: &HandshakeRequest, proxies: usize) -> Option<IpAddr> {
    // Each entry by itself: what a client wrote into the line must not spoil what a proxy has added.
    let mut entries =
        request.header_values("x-forwarded-for").rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    parse(std::str::from_utf8(entries.nth(proxies - 1)?).ok()?)
}

/// An address, perhaps with a port.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.split(']').next()).unwrap_or(text);
    let without_port = || text.parse::<std::net::SocketAddr>().ok().map(|addr| addr.ip());
    bare.parse().ok().or_else(without_port)
}

/// What one customer of a provider has: an IPv4 address, or an IPv6 network of 64 bits.
fn group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & (u128::MAX << 64))),
        address => address,
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Peer => f.write_str("Peer"),
            Source::ForwardedFor(proxies) => write!(f, "ForwardedFor({proxies})"),
            Source::Header(name) => write!(f, "Header({name})"),
            Source::Find(_) => f.write_str("Matching(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORWARDED: http::HeaderName = http::HeaderName::from_static("x-forwarded-for");

    fn request(forwarded: &[&str]) -> HandshakeRequest {
        let mut request = HandshakeRequest::new("/");
        request.remote_addr = Some(([10, 0, 0, 1], 4000).into());
        for line in forwarded {
            request = request.with_header(FORWARDED, line.parse().unwrap());
        }
        request
    }

    fn of(address: &ClientAddress, request: &HandshakeRequest) -> String {
        address.of(request).map(|address| address.to_string()).unwrap_or_default()
    }

    #[test]
    fn only_what_the_trusted_proxies_appended_counts() {
        let request = request(&["6.6.6.6, 1.1.1.1", "2.2.2.2:80"]);
        assert_eq!(of(&ClientAddress::peer(), &request), "10.0.0.1");
        assert_eq!(of(&ClientAddress::forwarded_for(0), &request), "10.0.0.1");
        assert_eq!(of(&ClientAddress::forwarded_for(1), &request), "2.2.2.2");
        assert_eq!(of(&ClientAddress::forwarded_for(2), &request), "1.1.1.1");
        assert_eq!(of(&ClientAddress::forwarded_for(9), &request), "10.0.0.1");
        assert_eq!(of(&ClientAddress::header("x-real-ip"), &request), "10.0.0.1");
        assert_eq!(of(&ClientAddress::matching(|_| None), &request), "");
    }

    #[test]
    fn what_a_client_writes_before_the_proxy_s_entry_does_not_spoil_it() {
        let line = http::HeaderValue::from_bytes(b"\xff, 2.2.2.2").unwrap();
        let request = request(&["6.6.6.6"]).with_header(FORWARDED, line);
        assert_eq!(of(&ClientAddress::forwarded_for(1), &request), "2.2.2.2");
        assert_eq!(of(&ClientAddress::forwarded_for(2), &request), "10.0.0.1", "and is not passed over");
    }

    #[test]
    fn garbage_in_the_header_leaves_the_peer() {
        for garbage in ["unknown", "", ",", "1.2.3", "[::1"] {
            let given = of(&ClientAddress::forwarded_for(1), &request(&[garbage]));
            assert!(given == "10.0.0.1" || garbage == "[::1", "{garbage}: {given}");
        }
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let forwarded = |address: &str| of(&ClientAddress::forwarded_for(1), &request(&[address]));
        assert_eq!(forwarded("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(forwarded("[2001:db8:1:2::9]:443"), "2001:db8:1:2::");
        assert_ne!(forwarded("2001:db8:1:3::9"), "2001:db8:1:2::");
        assert_eq!(forwarded("::ffff:7.7.7.7"), "7.7.7.7");
    }
}
