//! The headers that every answer bears, whatever it is: a page, a file, an error, a redirect.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Only what this site itself serves runs or is shown; pictures may come from elsewhere, since authors link them.
///
/// Source: W3C Content Security Policy Level 3.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'",
);

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What every answer says, by name. One that has set its own policy for content keeps it.
pub const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("strict-origin-when-cross-origin"),
    ),
    (
        CROSS_ORIGIN_OPENER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Browsers that have once come by https never come without: two years, as the preload list wants it.
pub const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Sets them; `https` is whether the site is reached so.
pub fn set_headers(headers: &mut HeaderMap, https: bool) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
}

/// The policy of a page whose styles a library makes at run time: those that bear `nonce` are let through.
pub fn policy_with_style_nonce(nonce: &str) -> Option<HeaderValue> {
    let policy = POLICY
        .to_str()
        .ok()?
        .replace("style-src 'self'", &format!("style-src 'self' 'nonce-{nonce}'"));
    HeaderValue::try_from(policy).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inline_is_ever_allowed() {
        let policy = POLICY;
        let policy = policy.to_str().unwrap();
        for forbidden in ["unsafe-inline", "unsafe-eval", "http:", " *"] {
            assert!(!policy.contains(forbidden), "{policy}");
        }
        let with_nonce = policy_with_style_nonce("abc").unwrap();
        assert!(
            with_nonce
                .to_str()
                .unwrap()
                .contains("style-src 'self' 'nonce-abc';")
        );
    }

    #[test]
    fn a_policy_of_its_own_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'self'"),
        );
        set_headers(&mut headers, true);
        assert_eq!(headers["content-security-policy"], "default-src 'self'");
        assert_eq!(headers.len(), HEADERS.len() + 1);
    }
}
