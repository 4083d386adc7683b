//! What of a visitor's request goes along with the calls made for them, and what comes back for their browser.

use std::sync::{Arc, Mutex, PoisonError};

use super::Noted;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use runtime::http::{ClientAddr, RequestContext};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(super) const STALE: HeaderName = HeaderName::from_static("stale");
const CONSISTENCY: HeaderName = HeaderName::from_static(common::consistency::HEADER);

/// What says who asks, from where, and that it is no other site's doing.
const FORWARDED: [HeaderName; 6] = [
    header::COOKIE,
    header::AUTHORIZATION,
    header::ORIGIN,
    HeaderName::from_static("sec-fetch-site"),
    header::USER_AGENT,
    header::ACCEPT_LANGUAGE,
];

/// Cookies that services set while a page is made; they go to the browser with the page.
#[derive(Debug, Clone, Default)]
pub struct Jar(Arc<Mutex<Vec<HeaderValue>>>);

impl Jar {
    fn put(&self, headers: &HeaderMap) {
        let cookies = headers.get_all(header::SET_COOKIE).iter().cloned();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(cookies);
    }

    /// Takes them out, in the order in which they came.
    pub fn take(&self) -> Vec<HeaderValue> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The visitor, as the services are told of them.
#[derive(Debug)]
pub struct Identity {
    headers: HeaderMap,
    jar: Jar,
    noted: Noted,
    /// What was written for this page already: later reads of it must show that.
    written: Mutex<Vec<HeaderValue>>,
}

impl Identity {
    /// Of the request with these parts; cookies come back into the jar in its extensions.
    pub fn of(parts: &Parts) -> Self {
        let mut headers = HeaderMap::new();
        for name in FORWARDED {
            for value in parts.headers.get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        if let Some(value) = parts.headers.get(CONSISTENCY) {
            headers.insert(CONSISTENCY, value.clone());
        }
        let extensions = &parts.extensions;
        // The services trust one proxy, and that is us.
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
            jar: extensions.get::<Jar>().cloned().unwrap_or_default(),
            noted: extensions.get::<Noted>().cloned().unwrap_or_default(),
            written: Mutex::default(),
        }
    }

    /// What goes along with the next call.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        for token in written.iter() {
            headers.append(CONSISTENCY, token.clone());
        }
        headers
    }

    /// Where calls note what their answers depend on.
    pub(super) fn noted(&self) -> &Noted {
        &self.noted
    }

    /// Takes what an answer wants kept.
    pub(super) fn heard(&self, headers: &HeaderMap) {
        self.jar.put(headers);
        if headers.contains_key(STALE) {
            self.noted.stale();
        }
        let tokens = headers.get_all(CONSISTENCY).iter().cloned();
        self.written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(tokens);
    }
}
