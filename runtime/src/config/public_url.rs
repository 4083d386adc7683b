//! The public URL of the site.

use std::{fmt, str::FromStr};

use super::error::ConfigError;

/// The public URL of the site, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    url: String,
    origin: String,
}

impl PublicUrl {
    /// The URL, e.g. `https://blog.example.org`.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Its origin as in the `Origin` header of browsers: lower case, without a default port
    /// (RFC 6454, section 6.2).
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

impl Default for PublicUrl {
    fn default() -> Self {
        let url = "http://localhost:8080".to_owned();
        Self {
            origin: url.clone(),
            url,
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl FromStr for PublicUrl {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let text = text.trim().trim_end_matches('/');
        origin_of(text)
            .map(|origin| Self {
                url: text.to_owned(),
                origin,
            })
            .ok_or_else(|| ConfigError::PublicUrl(text.to_owned()))
    }
}

fn origin_of(url: &str) -> Option<String> {
    let uri: ::http::Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?);
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host().to_ascii_lowercase();
    Some(match authority.port_u16() {
        Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_the_form_that_browsers_send() {
        for (url, origin) in [
            ("https://Blog.Example.org/", "https://blog.example.org"),
            ("https://blog.example.org:443", "https://blog.example.org"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(url.parse::<PublicUrl>().unwrap().origin(), origin);
        }
        for wrong in ["", "localhost:8080", "ftp://x", "https://", "https://u:p@host"] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
