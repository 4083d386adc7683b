//! The session cookie.

use cookie::{Cookie, SameSite, time::Duration};

use super::SESSION_LIFETIME;

/// Returns the name of the cookie. With the prefix `__Host-`, browsers require `Secure`, `Path=/` and no domain, so that
/// no sibling host can set it (RFC 6265bis, section 4.1.3.2); over http they reject that name.
pub const fn session_cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-session" } else { "session" }
}

/// Returns the cookie with `token`: `HttpOnly`, `SameSite=Lax`, `Path=/`, 7 days, and `Secure` if the site uses https
/// ([`PlatformSettings::secure_cookies`](crate::config::PlatformSettings::secure_cookies)).
pub fn session_cookie(token: impl Into<String>, secure: bool) -> Cookie<'static> {
    build(token.into(), secure, SESSION_LIFETIME)
}

/// Returns the cookie that makes a browser delete the session cookie.
pub fn session_removal(secure: bool) -> Cookie<'static> {
    build(String::new(), secure, std::time::Duration::ZERO)
}

fn build(value: String, secure: bool, lifetime: std::time::Duration) -> Cookie<'static> {
    Cookie::build((session_cookie_name(secure), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(Duration::try_from(lifetime).unwrap_or(Duration::ZERO))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secure_cookie_is_limited_to_the_host() {
        let cookie = session_cookie("abc", true).to_string();
        assert!(cookie.starts_with("__Host-session=abc;"), "{cookie}");
        for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Domain"));
    }

    #[test]
    fn a_plain_cookie_and_its_removal() {
        assert!(!session_cookie("abc", false).to_string().contains("Secure"));
        let removal = session_removal(false).to_string();
        assert!(
            removal.starts_with("session=;") && removal.contains("Max-Age=0"),
            "{removal}"
        );
    }
}
