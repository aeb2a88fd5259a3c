//! Where a request comes from: the peer of the connection or, behind a proxy that the operator trusts, whom that
//! proxy names. Headers of anyone else are not believed.

use crate::web::state::AppState;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::{IpNet, Ipv6Net};
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// The address of whoever sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address as it is known inside: an IPv4 address in the clothes of IPv6 is an IPv4 address.
    pub const fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address.
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// What one subscriber has: the address, or in IPv6 its network of 64 bits, in which hosts pick addresses at will.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Net::new_assert(address, SUBSCRIBER_BITS).trunc().addr()),
            IpAddr::V4(_) => self.0,
        }
    }
}

impl ClientAddress {
    /// The network to count by, if it is known.
    pub fn subscriber(self) -> Option<IpAddr> {
        Some(self.network()).filter(|address| !address.is_unspecified())
    }
}

/// The length of the prefix that a subscriber of IPv6 is given (RFC 6177 §2).
const SUBSCRIBER_BITS: u8 = 64;

/// Without a connection there is no peer, as in tests that call the router.
impl Default for ClientAddress {
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_default())
    }
}

/// How the client reached the first server on the way here, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientScheme {
    /// A trusted proxy says that it was TLS.
    Tls,
    /// A trusted proxy says that it was not, or there are trusted proxies and this came past them.
    Plain,
    /// No proxy is trusted, so nobody can say.
    Unknown,
}

/// The networks of the proxies that are believed when they name a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let networks = text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| {
            part.parse::<IpNet>()
                .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| format!("{part} is neither an address nor a network, like 10.0.0.0/8"))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&words.join(","))
    }
}

impl TrustedProxies {
    /// Whether no proxy is trusted.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn trust(&self, address: ClientAddress) -> bool {
        self.0.iter().any(|network| network.contains(&address.ip()))
    }

    /// The client of a request that `peer` sent: going back from the peer, the first whom nobody vouches for.
    pub fn client(&self, peer: ClientAddress, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer;
        for named in entries(headers, "x-forwarded-for").rev() {
            if !self.trust(client) {
                break;
            }
            match named.and_then(address) {
                Some(named) => client = named,
                // What a trusted proxy was told and passed on is no address: it is the last that is sure.
                None => break,
            }
        }
        client
    }

    /// How the client of a request that `peer` sent reached the first trusted proxy.
    pub fn scheme(&self, peer: ClientAddress, headers: &HeaderMap) -> ClientScheme {
        if self.is_empty() {
            return ClientScheme::Unknown;
        }
        let mut named = entries(headers, "x-forwarded-proto").peekable();
        let is_tls = named.peek().is_some()
            && named.all(|scheme| scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")));
        if self.trust(peer) && is_tls { ClientScheme::Tls } else { ClientScheme::Plain }
    }
}

/// The entries of a list that proxies add to, in order; `None` for one that is not text.
fn entries<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> impl DoubleEndedIterator<Item = Option<&'h str>> {
    let parts = |value: &'h axum::http::HeaderValue| match value.to_str() {
        Ok(text) => text.split(',').map(|part| Some(part.trim())).collect(),
        Err(_) => vec![None],
    };
    headers.get_all(name).iter().flat_map(parts).collect::<Vec<_>>().into_iter()
}

/// An address as proxies write it, with or without a port.
fn address(text: &str) -> Option<ClientAddress> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .ok()
        .map(ClientAddress::new)
}

/// Puts the client's address and scheme into the request, where every layer finds them.
pub async fn find(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(socket)| ClientAddress::new(socket.ip())).unwrap_or_default();
    let client = state.trusted_proxies.client(peer, request.headers());
    let scheme = state.trusted_proxies.scheme(peer, request.headers());
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(scheme);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn at(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().unwrap())
    }

    fn forwarded(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn client(trusted: &str, peer: &str, chain: &[&str]) -> String {
        let proxies: TrustedProxies = trusted.parse().unwrap();
        proxies.client(at(peer), &forwarded("x-forwarded-for", chain)).to_string()
    }

    #[test]
    fn a_client_is_whom_the_last_trusted_proxy_saw() {
        for (trusted, peer, chain, expected) in [
            // Nobody is trusted: what the header says is nothing.
            ("", "192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            // Someone else than the proxy says it.
            ("10.0.0.0/8", "192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.0/8", "10.0.0.5", &["198.51.100.7"], "198.51.100.7"),
            // What the client itself wrote in front is not believed.
            ("10.0.0.0/8", "10.0.0.5", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.0/8", "10.0.0.5", &["10.9.9.9, 198.51.100.7"], "198.51.100.7"),
            // Two proxies, in one header or in two.
            ("10.0.0.0/8", "10.0.0.5", &["203.0.113.9, 198.51.100.7, 10.0.0.6"], "198.51.100.7"),
            ("10.0.0.0/8", "10.0.0.5", &["203.0.113.9", "198.51.100.7", "10.0.0.6"], "198.51.100.7"),
            // Only proxies: the first of them is the client.
            ("10.0.0.0/8", "10.0.0.5", &["10.0.0.7"], "10.0.0.7"),
            ("10.0.0.0/8", "10.0.0.5", &[], "10.0.0.5"),
            // No address at all.
            ("10.0.0.0/8", "10.0.0.5", &["unknown"], "10.0.0.5"),
            ("10.0.0.0/8", "10.0.0.5", &["198.51.100.7, <script>"], "10.0.0.5"),
            ("10.0.0.0/8", "10.0.0.5", &[""], "10.0.0.5"),
            ("10.0.0.0/8", "10.0.0.5", &["198.51.100.7", "\u{e9}"], "10.0.0.5"),
            // With ports, and in the clothes of IPv6.
            ("10.0.0.5", "10.0.0.5", &["198.51.100.7:4711"], "198.51.100.7"),
            ("10.0.0.5", "::ffff:10.0.0.5", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("fd00::/8", "fd00::1", &["[2001:db8::1]"], "2001:db8::1"),
            ("fd00::/8, 10.0.0.5", "fd00::1", &["::ffff:198.51.100.7"], "198.51.100.7"),
        ] {
            assert_eq!(client(trusted, peer, chain), expected, "{trusted} {peer} {chain:?}");
        }
    }

    #[test]
    fn tls_is_believed_of_trusted_proxies_only() {
        for (trusted, peer, chain, expected) in [
            ("", "192.0.2.1", &["https"][..], ClientScheme::Unknown),
            ("10.0.0.0/8", "10.0.0.5", &["https"], ClientScheme::Tls),
            ("10.0.0.0/8", "10.0.0.5", &["HTTPS"], ClientScheme::Tls),
            ("10.0.0.0/8", "192.0.2.1", &["https"], ClientScheme::Plain),
            ("10.0.0.0/8", "10.0.0.5", &["http"], ClientScheme::Plain),
            ("10.0.0.0/8", "10.0.0.5", &["https, http"], ClientScheme::Plain),
            ("10.0.0.0/8", "10.0.0.5", &["https", "http"], ClientScheme::Plain),
            ("10.0.0.0/8", "10.0.0.5", &[], ClientScheme::Plain),
        ] {
            let proxies: TrustedProxies = trusted.parse().unwrap();
            let found = proxies.scheme(at(peer), &forwarded("x-forwarded-proto", chain));
            assert_eq!(found, expected, "{trusted} {peer} {chain:?}");
        }
    }

    #[test]
    fn networks_are_read_and_mistakes_named() {
        let proxies: TrustedProxies = "10.0.0.0/8, 192.0.2.1,2001:db8::/32".parse().unwrap();
        assert_eq!(proxies.to_string(), "10.0.0.0/8,192.0.2.1/32,2001:db8::/32");
        for wrong in ["10.0.0.0/33", "proxy.example", "10.0.0"] {
            assert!(wrong.parse::<TrustedProxies>().unwrap_err().contains(wrong));
        }
    }

    #[test]
    fn a_subscriber_is_an_address_or_a_network_of_ipv6() {
        assert_eq!(at("198.51.100.7").network().to_string(), "198.51.100.7");
        assert_eq!(at("2001:db8:1:2:3:4:5:6").network().to_string(), "2001:db8:1:2::");
    }
}
