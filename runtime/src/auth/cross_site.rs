//! Refuses what another site makes a signed-in browser do (cross-site request forgery), and sign-ins that another
//! site starts.
//!
//! Source: OWASP "Cross-Site Request Forgery Prevention", section "Fetch Metadata"; Fetch, `Sec-Fetch-Site`.

use axum::http::{HeaderMap, Method, header};
use common::error::ErrorCode;

use crate::{
    error::ApiError,
    http::cookies::{bearer_token, cookie_value},
};

/// Refuses a request that may change something and is, or may be, another site's doing.
///
/// `origin` is our own ([`PublicUrl::origin`](crate::config::PublicUrl::origin)), `session_cookie` the cookie's
/// name. A request with `Authorization: Bearer` passes: no browser adds that for another site.
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
            "Only this site's own pages may do this; programs send the token as Authorization: Bearer.",
        )),
    }
}

/// Whether the request says that it came from our own pages; `None` if it does not say.
/// `Sec-Fetch-Site` decides where it is present, since no script can set it.
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

    const OURS: &str = "https://blog.example.org";

    fn passes(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        check(&method, &headers, OURS, "__Host-session").is_ok()
    }

    const COOKIE: (&str, &str) = ("cookie", "__Host-session=token");

    #[test]
    fn reading_passes() {
        assert!(passes(Method::GET, &[COOKIE, ("sec-fetch-site", "cross-site")]));
        assert!(passes(
            Method::HEAD,
            &[COOKIE, ("origin", "https://evil.example")]
        ));
    }

    #[test]
    fn a_change_with_the_cookie_needs_proof() {
        for (headers, expected) in [
            (vec![], false),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", OURS)], false),
            (
                vec![
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
            ),
            (vec![("origin", OURS)], true),
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
    fn a_change_without_the_cookie_needs_only_the_absence_of_counter_proof() {
        assert!(passes(Method::POST, &[]));
        assert!(passes(Method::POST, &[("cookie", "other=1")]));
        assert!(!passes(Method::POST, &[("sec-fetch-site", "cross-site")]));
        assert!(!passes(Method::POST, &[("origin", "https://evil.example")]));
    }
}
