//! What the calls forward of a visitor's request, and the cookies that they return for the browser.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use runtime::http::{ClientAddr, RequestContext};

use super::Dependencies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const STALE: HeaderName = HeaderName::from_static("stale");
const CONSISTENCY: HeaderName = HeaderName::from_static(common::consistency::HEADER);

/// Credentials, protection against cross-site requests, and client information.
const FORWARDED: [HeaderName; 7] = [
    header::COOKIE,
    header::AUTHORIZATION,
    header::ORIGIN,
    HeaderName::from_static("sec-fetch-site"),
    header::USER_AGENT,
    header::ACCEPT_LANGUAGE,
    CONSISTENCY,
];

/// Cookies that services set during a request; they are added to the response to the browser.
#[derive(Debug, Clone, Default)]
pub struct CookieJar(Arc<Mutex<Vec<HeaderValue>>>);

impl CookieJar {
    fn add(&self, headers: &HeaderMap) {
        let cookies = headers.get_all(header::SET_COOKIE).iter().cloned();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(cookies);
    }

    /// Removes and returns the cookies, in the order in which they were set.
    pub fn take(&self) -> Vec<HeaderValue> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The visitor for whom calls are made.
#[derive(Debug)]
pub struct Identity {
    headers: HeaderMap,
    cookies: CookieJar,
    dependencies: Dependencies,
    /// Tokens of writes during this request, which later reads must include.
    tokens: Mutex<Vec<HeaderValue>>,
}

impl Identity {
    /// The visitor of the request; cookies are collected in the jar in its extensions.
    pub fn of(parts: &Parts) -> Self {
        let mut headers = HeaderMap::new();
        for name in FORWARDED {
            for value in parts.headers.get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        let extensions = &parts.extensions;
        // Services trust one proxy: this service.
        let address = extensions
            .get::<ClientAddr>()
            .map(|address| address.0.to_string());
        let context = extensions.get::<RequestContext>();
        let id = context.map(|context| context.correlation_id.clone());
        let trace = context.and_then(|context| context.traceparent.clone());
        for (name, value) in [(FORWARDED_FOR, address), (REQUEST_ID, id), (TRACEPARENT, trace)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        Self {
            headers,
            cookies: extensions.get::<CookieJar>().cloned().unwrap_or_default(),
            dependencies: extensions.get::<Dependencies>().cloned().unwrap_or_default(),
            tokens: Mutex::default(),
        }
    }

    /// The headers of the next call.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        for token in tokens.iter() {
            headers.append(CONSISTENCY, token.clone());
        }
        headers
    }

    pub(super) fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }

    /// Records cookies, consistency tokens and staleness of a response.
    pub(super) fn record(&self, headers: &HeaderMap) {
        self.cookies.add(headers);
        if headers.contains_key(STALE) {
            self.dependencies.mark_stale();
        }
        let tokens = headers.get_all(CONSISTENCY).iter().cloned();
        self.tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(tokens);
    }
}
