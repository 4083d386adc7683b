//! An HTTP client that reports the whole response if a test expected another.

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde_json::Value;

/// A client of one service or of the gateway. It keeps no cookies and follows no redirects, so that a test sees them.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    bearer: Option<String>,
}

impl Client {
    /// A client of the server at `base`, e.g. `http://127.0.0.1:4001`, not signed in.
    ///
    /// # Panics
    /// If the client library does not start.
    pub fn new(base: impl Into<String>) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let http = http.unwrap_or_else(|error| panic!("no HTTP client: {error}"));
        Self {
            http,
            base: base.into(),
            bearer: None,
        }
    }

    /// The same client with `token` as its bearer token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            bearer: Some(token.into()),
            ..self.clone()
        }
    }

    /// A request, to be completed and sent.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let builder = self.http.request(method, format!("{}{path}", self.base));
        Request(match &self.bearer {
            Some(token) => builder.bearer_auth(token),
            None => builder,
        })
    }

    /// GET
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// POST
    pub fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    /// PUT
    pub fn put(&self, path: &str) -> Request {
        self.request(Method::PUT, path)
    }

    /// PATCH
    pub fn patch(&self, path: &str) -> Request {
        self.request(Method::PATCH, path)
    }

    /// DELETE
    pub fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }
}

/// A request to be sent.
#[derive(Debug)]
pub struct Request(RequestBuilder);

impl Request {
    /// Adds a header.
    #[must_use]
    pub fn header(self, name: &str, value: impl AsRef<str>) -> Self {
        Self(self.0.header(name, value.as_ref()))
    }

    /// Sends `body` as JSON.
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Self {
        Self(self.0.json(body))
    }

    /// Sends these bytes with the content type of JSON.
    #[must_use]
    pub fn raw_json(self, body: impl Into<Vec<u8>>) -> Self {
        self.raw("application/json", body)
    }

    /// Sends these bytes with this content type.
    #[must_use]
    pub fn raw(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self(self.0.header("content-type", content_type).body(body.into()))
    }

    /// Sends it.
    ///
    /// # Panics
    /// If there is no response.
    pub async fn send(self) -> Response {
        self.try_send()
            .await
            .unwrap_or_else(|error| panic!("no response: {error:?}"))
    }

    /// Sends it to a server that may be unavailable.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn try_send(self) -> Result<Response, reqwest::Error> {
        let response = self.0.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Response {
            status,
            headers,
            body: response.bytes().await?.to_vec(),
        })
    }

    /// Sends it without reading the body, for live streams.
    ///
    /// # Panics
    /// If there is no response.
    pub async fn stream(self) -> reqwest::Response {
        self.0
            .send()
            .await
            .unwrap_or_else(|error| panic!("no response: {error:?}"))
    }
}

/// A response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The header `name`; empty if it is missing.
    pub fn header(&self, name: &str) -> String {
        self.headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default()
    }

    /// Every value of the header `name`.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let values = self.headers.get_all(name).iter();
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    }

    /// The aggregate's version from `ETag: "<version>"`; 0 if there is none.
    pub fn version(&self) -> u64 {
        self.header("etag").trim_matches('"').parse().unwrap_or_default()
    }

    /// The consistency token of this write.
    pub fn consistency_token(&self) -> String {
        self.header("consistency-token")
    }

    /// Asserts the status and returns the body.
    ///
    /// # Panics
    /// With the whole response, if it is different.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// Asserts an error: a problem document with this status and code, of the request or of a field.
    ///
    /// # Panics
    /// With the whole response, if it is different.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let problem = self.json();
        let whole = problem["type"]
            .as_str()
            .is_some_and(|kind| kind.ends_with(&format!(":{code}")));
        let fields = problem["errors"].as_array().cloned().unwrap_or_default();
        assert!(
            whole || fields.iter().any(|field| field["code"] == code),
            "no {code} in {problem}"
        );
        problem
    }

    /// Asserts an error of one field.
    ///
    /// # Panics
    /// With the whole response, if it is different.
    #[track_caller]
    pub fn refused_field(&self, status: u16, code: &str, field: &str) -> Value {
        let problem = self.refused(status, code);
        let named = |error: &Value| error["code"] == code && error["field"] == field;
        assert!(
            problem["errors"]
                .as_array()
                .is_some_and(|errors| errors.iter().any(named)),
            "{problem}"
        );
        problem
    }
}
