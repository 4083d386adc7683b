//! The connections to all services, and the calls that are made over them for one visitor.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use axum::http::{Method, Uri};
use runtime::service::StartError;

use super::{Backend, Identity, call::Call};
use crate::config::WebSettings;

/// Timeout for connecting to a service of the same cluster.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A stream without data for this long is broken: the read side sends a comment every fifteen seconds.
const IDLE_STREAM_TIMEOUT: Duration = Duration::from_secs(40);
/// Idle connections are closed before the service closes them.
const IDLE_CONNECTION_TIMEOUT: Duration = Duration::from_secs(20);

/// The connections to all services.
pub struct Client {
    http: reqwest::Client,
    urls: HashMap<Backend, String>,
    read_timeout: Duration,
    write_timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the services at the addresses of `settings`, which may be unavailable.
    ///
    /// # Errors
    /// If an address is invalid, or the client library does not start.
    pub fn new(settings: &WebSettings) -> Result<Self, StartError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(IDLE_STREAM_TIMEOUT)
            .pool_idle_timeout(IDLE_CONNECTION_TIMEOUT)
            .build()
            .map_err(|error| StartError::new("the HTTP client does not start", error))?;
        let urls = [
            (Backend::Auth, "AUTH_URL", &settings.auth_url),
            (Backend::Posts, "POSTS_URL", &settings.posts_url),
            (Backend::Comments, "COMMENTS_URL", &settings.comments_url),
            (Backend::Moderation, "MODERATION_URL", &settings.moderation_url),
            (Backend::Query, "QUERY_URL", &settings.query_url),
        ];
        let checked = urls.map(|(backend, setting, url)| Ok((backend, base_url(setting, url)?)));
        Ok(Self {
            http,
            urls: checked.into_iter().collect::<Result<_, StartError>>()?,
            read_timeout: Duration::from_secs(settings.read_timeout),
            write_timeout: Duration::from_secs(settings.write_timeout),
        })
    }

    /// Opens the read side's stream of changes.
    ///
    /// # Errors
    /// If the service does not respond, or responds with an error.
    pub async fn live(&self) -> Result<reqwest::Response, reqwest::Error> {
        let url = self.url(Backend::Query, "/api/query/live");
        self.http.get(url).send().await?.error_for_status()
    }

    fn url(&self, backend: Backend, path: &str) -> String {
        format!("{}{path}", self.urls[&backend])
    }
}

/// The address of a service, without a trailing slash.
fn base_url(setting: &str, url: &str) -> Result<String, StartError> {
    let trimmed = url.trim().trim_end_matches('/');
    let parsed: Result<Uri, _> = trimmed.parse();
    match parsed {
        // Services in the same cluster use plain HTTP.
        Ok(uri) if uri.scheme_str() == Some("http") && uri.authority().is_some() => Ok(trimmed.to_owned()),
        _ => Err(StartError::because(format!(
            "{setting} is `{url}`; set it to the address of the service, such as http://127.0.0.1:4001"
        ))),
    }
}

/// Calls of the services for one visitor; cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    client: Arc<Client>,
    identity: Arc<Identity>,
}

impl Api {
    /// Calls over `client` for the visitor with this identity.
    pub fn new(client: Arc<Client>, identity: Identity) -> Self {
        Self {
            client,
            identity: Arc::new(identity),
        }
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A call to be completed, and sent with `await`.
    pub(super) fn call<T>(&self, method: Method, path: impl AsRef<str>) -> Call<T> {
        let timeout = if method.is_safe() {
            self.client.read_timeout
        } else {
            self.client.write_timeout
        };
        let backend = Backend::of_path(path.as_ref());
        let url = self.client.url(backend, path.as_ref());
        let request = self.client.http.request(method, url).timeout(timeout);
        Call::new(request, self.identity.clone(), backend)
    }

    pub(super) fn get<T>(&self, path: impl AsRef<str>) -> Call<T> {
        self.call(Method::GET, path)
    }

    pub(super) fn post<T>(&self, path: impl AsRef<str>) -> Call<T> {
        self.call(Method::POST, path)
    }

    pub(super) fn put<T>(&self, path: impl AsRef<str>) -> Call<T> {
        self.call(Method::PUT, path)
    }

    pub(super) fn patch<T>(&self, path: impl AsRef<str>) -> Call<T> {
        self.call(Method::PATCH, path)
    }

    pub(super) fn delete(&self, path: impl AsRef<str>) -> Call<()> {
        self.call(Method::DELETE, path)
    }

    /// Adds a relation, such as a like, or removes it.
    pub(super) fn toggle<T>(&self, path: impl AsRef<str>, on: bool) -> Call<T> {
        self.call(if on { Method::PUT } else { Method::DELETE }, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_service_is_plain_http() {
        assert_eq!(
            base_url("X_URL", "http://posts:3000/").unwrap(),
            "http://posts:3000"
        );
        for invalid in ["", "posts:3000", "https://posts", "/api"] {
            let error = base_url("X_URL", invalid).unwrap_err().to_string();
            assert!(error.contains("X_URL"), "{error}");
        }
    }
}
