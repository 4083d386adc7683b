//! Rejects unsafe requests that another site initiates: with the user's cookie (cross-site request forgery), or to sign in.
//!
//! Source: OWASP "Cross-Site Request Forgery Prevention", section "Fetch Metadata"; Fetch, `Sec-Fetch-Site`.

use axum::http::{HeaderMap, Method, header};
use common::error::ErrorCode;

use crate::{
    error::ApiError,
    http::cookies::{bearer_token, cookie_value},
};

/// Rejects a request with an unsafe method that another site initiated or may have initiated.
///
/// `origin` is this site's ([`PublicUrl::origin`](crate::config::PublicUrl::origin)), `session_cookie` the name of the
/// cookie. A request with `Authorization: Bearer` is accepted: no browser adds that header for another site.
pub(crate) fn check(
    method: &Method,
    headers: &HeaderMap,
    origin: &str,
    session_cookie: &str,
) -> Result<(), ApiError> {
    if method.is_safe() || bearer_token(headers).is_some() {
        return Ok(());
    }
    match evidence(headers, origin) {
        Some(true) => Ok(()),
        None if cookie_value(headers, session_cookie).is_none() => Ok(()),
        Some(false) | None => Err(ApiError::new(
            ErrorCode::CrossSite,
            "Only pages of this site may send this request; API clients use Authorization: Bearer.",
        )),
    }
}

/// Whether the request came from a page of this site according to its headers; `None` if they do not show it.
/// `Sec-Fetch-Site` takes precedence, since scripts cannot set it.
fn evidence(headers: &HeaderMap, origin: &str) -> Option<bool> {
    let all_equal = |name: &str, wanted: &str| {
        let mut values = headers.get_all(name).iter().peekable();
        values.peek()?;
        Some(values.all(|value| value.as_bytes() == wanted.as_bytes()))
    };
    all_equal("sec-fetch-site", "same-origin").or_else(|| all_equal(header::ORIGIN.as_str(), origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://blog.example.org";

    fn passes(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        check(&method, &headers, ORIGIN, "__Host-session").is_ok()
    }

    const COOKIE: (&str, &str) = ("cookie", "__Host-session=token");

    #[test]
    fn safe_methods_are_accepted() {
        assert!(passes(Method::GET, &[COOKIE, ("sec-fetch-site", "cross-site")]));
        assert!(passes(
            Method::HEAD,
            &[COOKIE, ("origin", "https://evil.example")]
        ));
    }

    #[test]
    fn an_unsafe_method_with_the_cookie_requires_proof() {
        for (headers, expected) in [
            (vec![], false),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", ORIGIN)], false),
            (
                vec![
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
            ),
            (vec![("origin", ORIGIN)], true),
            (vec![("origin", "https://evil.example")], false),
            (vec![("origin", "null")], false),
            (vec![("origin", "https://blog.example.org.evil.example")], false),
            (vec![("authorization", "Bearer token")], true),
            (vec![("authorization", "Basic dTpw")], false),
        ] {
            let mut all = vec![COOKIE];
            all.extend(headers);
            assert_eq!(passes(Method::POST, &all), expected, "{all:?}");
        }
    }

    #[test]
    fn an_unsafe_method_without_the_cookie_is_rejected_only_if_it_is_cross_site() {
        assert!(passes(Method::POST, &[]));
        assert!(passes(Method::POST, &[("cookie", "other=1")]));
        assert!(!passes(Method::POST, &[("sec-fetch-site", "cross-site")]));
        assert!(!passes(Method::POST, &[("origin", "https://evil.example")]));
    }
}
