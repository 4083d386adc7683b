//! The security headers of every response: pages, files, errors and redirects.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Scripts, styles and fonts only from this site; images also from other sites, since authors link them.
///
/// Source: W3C Content Security Policy Level 3.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'",
);

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The headers of every response. A content security policy that a page has set is kept.
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

/// Two years, as the preload list requires.
pub const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Sets the headers; `https` is whether the site is served over HTTPS.
pub fn set(headers: &mut HeaderMap, https: bool) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
}

/// The policy of a page whose styles are created by a script: those with `nonce` are allowed.
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
    fn inline_scripts_and_styles_are_not_allowed() {
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
    fn the_policy_of_a_page_is_kept() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'self'"),
        );
        set(&mut headers, true);
        assert_eq!(headers["content-security-policy"], "default-src 'self'");
        assert_eq!(headers.len(), HEADERS.len() + 1);
    }
}
