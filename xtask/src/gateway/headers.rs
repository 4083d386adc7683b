//! Which headers pass the gateway, and which it sets itself.

use hyper::{
    HeaderMap,
    header::{
        CONNECTION, EXPECT, FORWARDED, HOST, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
};
use std::{
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Said between two neighbours, not to be passed on (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    EXPECT,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What a client says about how its request came here is not to be believed: services take the address
/// they throttle by from these.
pub(super) fn of_request(headers: &mut HeaderMap, peer: SocketAddr, request_id: &HeaderValue) {
    drop_hop_by_hop(headers);
    let theirs =
        |name: &HeaderName| name.as_str().starts_with("x-forwarded-") || name.as_str() == "x-real-ip";
    let stray: Vec<_> = headers
        .keys()
        .filter(|name| theirs(name) || **name == FORWARDED)
        .cloned()
        .collect();
    for name in stray {
        headers.remove(name);
    }
    headers.insert(REQUEST_ID, request_id.clone());
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    if let Ok(address) = HeaderValue::from_str(&peer.ip().to_canonical().to_string()) {
        headers.insert(FORWARDED_FOR, address);
    }
    if let Some(host) = headers.get(HOST).cloned() {
        headers.insert(FORWARDED_HOST, host);
    }
}

pub(super) fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<_> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let named = named.iter().flat_map(|value| value.split(',')).map(str::trim);
    let named: Vec<HeaderName> = named.filter_map(|name| name.parse().ok()).collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// 32 hexadecimal digits, as ingress-nginx makes them. They tell requests apart and guard nothing, so the
/// standard library's seeds are random enough.
pub(super) fn new_request_id() -> HeaderValue {
    let half = || RandomState::new().hash_one(std::time::Instant::now());
    let id = format!("{:016x}{:016x}", half(), half());
    HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("0"))
}
