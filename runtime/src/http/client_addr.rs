//! The client's address behind our own proxies.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
};

/// The address of the client. Behind the configured number of proxies it is the peer address of the outermost one;
/// entries of `X-Forwarded-For` that the client sent are never trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddr(pub IpAddr);

impl ClientAddr {
    pub(crate) fn of(headers: &HeaderMap, extensions: &Extensions, trusted_proxies: usize) -> Self {
        let peer = extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        Self(forwarded(headers, trusted_proxies).unwrap_or(peer).to_canonical())
    }

    /// The key of limits per client: the IPv4 address, or the /64 network of an IPv6 address, which is the smallest
    /// that a household is assigned (RFC 6177).
    pub fn limit_key(self) -> IpAddr {
        match self.0 {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
            IpAddr::V4(_) => self.0,
        }
    }
}

/// Each proxy appends the address of its peer, so the last entries are ours.
fn forwarded(headers: &HeaderMap, trusted_proxies: usize) -> Option<IpAddr> {
    let values: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .collect();
    let index = values.len().checked_sub(trusted_proxies.min(values.len()))?;
    parse(values.get(index)?)
}

fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddr {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().copied();
        Ok(known.unwrap_or_else(|| Self::of(&parts.headers, &parts.extensions, 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(forwarded: &[&'static str], trusted_proxies: usize) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 9], 4000))));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        ClientAddr::of(&headers, &extensions, trusted_proxies)
            .0
            .to_string()
    }

    #[test]
    fn only_entries_of_our_proxies_are_trusted() {
        assert_eq!(addr(&[], 1), "10.0.0.9");
        assert_eq!(addr(&["1.1.1.1, 2.2.2.2"], 0), "10.0.0.9");
        assert_eq!(addr(&["1.1.1.1, 2.2.2.2"], 1), "2.2.2.2");
        assert_eq!(addr(&["1.1.1.1", "2.2.2.2"], 2), "1.1.1.1");
        assert_eq!(addr(&["1.1.1.1"], 3), "1.1.1.1");
        assert_eq!(addr(&["nonsense"], 1), "10.0.0.9");
        assert_eq!(addr(&["2.2.2.2:81"], 1), "2.2.2.2");
        assert_eq!(addr(&["[2001:db8::1]:81"], 1), "2001:db8::1");
        assert_eq!(addr(&["::ffff:2.2.2.2"], 1), "2.2.2.2");
    }

    #[test]
    fn an_ipv6_network_counts_as_one_client() {
        let key = |text: &str| ClientAddr(text.parse().unwrap()).limit_key();
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:2:ffff::4"));
        assert_ne!(key("2001:db8:1:2::3"), key("2001:db8:1:3::3"));
    }
}
