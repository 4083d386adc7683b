//! The other services, as this one knows them: addresses, timeouts, and answers with types.
//!
//! Every call is made for one visitor and bears what identifies them; what a service wants the browser to keep goes
//! back to it. An answer is a value, a problem that the service names, or silence: the part is away.

pub mod accounts;
mod call;
pub mod moderating;
pub mod naming;
mod noted;
pub mod reading;
pub mod rules;
pub mod talking;
mod visitor;
pub mod writing;

use std::{fmt, time::Duration};

use axum::http::Method;
use common::api::Problem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::service::StartError;

use crate::config::WebSettings;
pub use call::{Answer, Call, Raw};
pub use noted::Noted;
pub use visitor::{Identity, Jar};

/// How long a connection to a service of the same cluster may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A stream that says nothing for so long is broken: the read side says every fifteen seconds that it is alive.
const SILENCE: Duration = Duration::from_secs(40);
/// Idle connections to a service are closed before it closes them.
const IDLE: Duration = Duration::from_secs(20);

/// A service, in the words of its visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    Accounts,
    Posts,
    Comments,
    Moderation,
    Reading,
}

impl Part {
    /// The title of the page that says it is away.
    pub fn resting(self) -> &'static str {
        match self {
            Self::Accounts => "Accounts are temporarily unavailable",
            Self::Posts => "Publishing is temporarily unavailable",
            Self::Comments => "Comments are temporarily unavailable",
            Self::Moderation => "Moderation is temporarily unavailable",
            Self::Reading => "Posts are temporarily unavailable",
        }
    }

    /// What goes on meanwhile.
    pub fn meanwhile(self) -> &'static str {
        match self {
            Self::Accounts => "Signing in and settings will be back shortly. You can still read and write.",
            Self::Posts => {
                "Drafts and publishing will be back shortly. Nothing is lost, and you can still read."
            }
            Self::Comments => "Comments will be back shortly. You can still read.",
            Self::Moderation => {
                "Moderation will be back shortly. Nothing is lost, and you can still read and write."
            }
            Self::Reading => "Posts will be back shortly. Nothing is lost, and authors can still write.",
        }
    }
}

/// Why a call brought no value.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// The service answered with a problem, and perhaps when to try again.
    Problem(Box<Problem>, Option<Duration>),
    /// It did not answer, or said that it cannot at this time.
    Away(Part),
}

impl Trouble {
    /// Whether it is a problem with this code, e.g. `not_found`.
    pub fn is(&self, code: &str) -> bool {
        matches!(self, Self::Problem(problem, _) if problem.kind.rsplit(':').next() == Some(code))
    }
}

/// The connections to all services.
pub struct Client {
    http: reqwest::Client,
    bases: [(Part, String); 5],
    read_timeout: Duration,
    write_timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("bases", &self.bases)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// The services at the addresses of `settings`. None of them needs to be there.
    ///
    /// # Errors
    /// If an address cannot be, or the client library does not start.
    pub fn new(settings: &WebSettings) -> Result<Self, StartError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| StartError::new("the HTTP client does not start", error))?;
        let bases = [
            (Part::Accounts, base("AUTH_URL", &settings.auth_url)?),
            (Part::Posts, base("POSTS_URL", &settings.posts_url)?),
            (Part::Comments, base("COMMENTS_URL", &settings.comments_url)?),
            (
                Part::Moderation,
                base("MODERATION_URL", &settings.moderation_url)?,
            ),
            (Part::Reading, base("QUERY_URL", &settings.query_url)?),
        ];
        Ok(Self {
            http,
            bases,
            read_timeout: Duration::from_secs(settings.read_timeout),
            write_timeout: Duration::from_secs(settings.write_timeout),
        })
    }

    /// The read side's stream of changes, to be read as it comes.
    ///
    /// # Errors
    /// If it does not answer, or with an error.
    pub async fn live(&self) -> Result<reqwest::Response, reqwest::Error> {
        let url = self.url(Part::Reading, "/api/query/live");
        self.http.get(url).send().await?.error_for_status()
    }

    fn url(&self, part: Part, path: &str) -> String {
        let base = self.bases.iter().find(|(other, _)| *other == part);
        let base = base.map_or("", |(_, base)| base.as_str());
        format!("{base}{path}")
    }
}

/// An address of a service, without a slash at its end.
fn base(name: &str, url: &str) -> Result<String, StartError> {
    let trimmed = url.trim().trim_end_matches('/');
    let parsed: Result<axum::http::Uri, _> = trimmed.parse();
    match parsed {
        // The services of one cluster speak plain HTTP with each other.
        Ok(uri) if uri.scheme_str() == Some("http") && uri.authority().is_some() => Ok(trimmed.to_owned()),
        _ => Err(StartError::because(format!(
            "{name} is `{url}`; give the address of the service, such as http://127.0.0.1:4001"
        ))),
    }
}

/// The services, called for one visitor; cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    client: std::sync::Arc<Client>,
    identity: std::sync::Arc<Identity>,
}

impl Api {
    /// Calls that `client` makes for the visitor of that identity.
    pub fn new(client: std::sync::Arc<Client>, identity: Identity) -> Self {
        Self {
            client,
            identity: std::sync::Arc::new(identity),
        }
    }

    /// A call, to be completed and sent; make paths of foreign words with [`segment`] and [`with_query`].
    pub fn call(&self, part: Part, method: Method, path: impl AsRef<str>) -> Call {
        Call::new(self, part, method, path.as_ref())
    }

    /// GET
    pub fn get(&self, part: Part, path: impl AsRef<str>) -> Call {
        self.call(part, Method::GET, path)
    }

    /// POST
    pub fn post(&self, part: Part, path: impl AsRef<str>) -> Call {
        self.call(part, Method::POST, path)
    }

    /// PUT
    pub fn put(&self, part: Part, path: impl AsRef<str>) -> Call {
        self.call(part, Method::PUT, path)
    }

    /// PATCH
    pub fn patch(&self, part: Part, path: impl AsRef<str>) -> Call {
        self.call(part, Method::PATCH, path)
    }

    /// DELETE
    pub fn delete(&self, part: Part, path: impl AsRef<str>) -> Call {
        self.call(part, Method::DELETE, path)
    }
}

/// What RFC 3986 leaves as it is in every part of an address.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One element of a path, escaped.
pub fn segment(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    // An element of dots alone would be taken for a direction.
    if text.chars().all(|c| c == '.') {
        return text.replace('.', "%2E");
    }
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// `path` with those parameters that are there.
pub fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_word_stays_one_element() {
        assert_eq!(segment("hello-world"), "hello-world");
        assert_eq!(segment("a/b?c#d"), "a%2Fb%3Fc%23d");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("größe"), "gr%C3%B6%C3%9Fe");
    }

    #[test]
    fn only_parameters_with_a_value_are_sent() {
        assert_eq!(with_query("/a", &[("b", None), ("c", Some(""))]), "/a");
        assert_eq!(
            with_query("/a", &[("b", Some("x y&z")), ("c", None)]),
            "/a?b=x+y%26z"
        );
    }

    #[test]
    fn an_address_of_a_service_is_plain_http() {
        assert_eq!(base("X_URL", "http://posts:3000/").unwrap(), "http://posts:3000");
        for wrong in ["", "posts:3000", "https://posts", "/api"] {
            let error = base("X_URL", wrong).unwrap_err().to_string();
            assert!(error.contains("X_URL"), "{error}");
        }
    }
}
