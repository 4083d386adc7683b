//! A browser without scripts: it stores cookies, sends `Origin`, and parses pages.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use scraper::{ElementRef, Html, Selector};
use testkit::{Client, Request, Response, eventually_ok};

/// The public address in the settings of the services.
const ORIGIN: &str = "http://localhost:8080";

/// A browser with its own cookies. It does not follow redirects.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    cookies: Mutex<BTreeMap<String, String>>,
    forwarded_for: Option<String>,
}

/// A response, parsed as HTML.
#[derive(Debug)]
pub struct PageResponse {
    /// The response itself.
    pub response: Response,
    document: Html,
}

impl Browser {
    /// A browser for the site at `base`.
    pub fn new(base: &str) -> Self {
        Self {
            client: Client::new(base),
            cookies: Mutex::default(),
            forwarded_for: None,
        }
    }

    /// The browser behind a proxy that sends this `X-Forwarded-For`.
    #[must_use]
    pub fn forwarded_for(self, addresses: &str) -> Self {
        Self {
            forwarded_for: Some(addresses.to_owned()),
            ..self
        }
    }

    /// Adds a cookie.
    #[must_use]
    pub fn with_cookie(self, name: &str, value: &str) -> Self {
        self.jar().insert(name.to_owned(), value.to_owned());
        self
    }

    /// A copy of the browser with a consistency token in its cookie.
    #[must_use]
    pub fn with_consistency_token(&self, token: &str) -> Self {
        let browser = Self {
            client: self.client.clone(),
            cookies: Mutex::new(self.jar().clone()),
            forwarded_for: self.forwarded_for.clone(),
        };
        browser.with_cookie("consistency", token)
    }

    /// The value of a cookie; empty by default.
    pub fn cookie(&self, name: &str) -> String {
        self.jar().get(name).cloned().unwrap_or_default()
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> PageResponse {
        self.send(self.client.get(path).header("accept", "text/html"))
            .await
    }

    /// Opens a page repeatedly until `expected` returns true.
    pub async fn get_until(
        &self,
        path: &str,
        mut expected: impl FnMut(&PageResponse) -> bool,
    ) -> PageResponse {
        eventually_ok(path, async || {
            let page = self.get(path).await;
            if expected(&page) {
                Ok(page)
            } else {
                Err(format!("{} {}", page.response.status, page.response.text()))
            }
        })
        .await
    }

    /// Submits a form from a page of this site.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> PageResponse {
        self.send(self.form(path, fields, ORIGIN)).await
    }

    /// Submits a form from a page of another site.
    pub async fn post_cross_site(&self, path: &str, fields: &[(&str, &str)]) -> PageResponse {
        self.send(self.form(path, fields, "https://evil.example")).await
    }

    fn form(&self, path: &str, fields: &[(&str, &str)], origin: &str) -> Request {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let site = if origin == ORIGIN {
            "same-origin"
        } else {
            "cross-site"
        };
        self.client
            .post(path)
            .header("accept", "text/html")
            .header("origin", origin)
            .header("sec-fetch-site", site)
            .raw("application/x-www-form-urlencoded", body)
    }

    async fn send(&self, request: Request) -> PageResponse {
        let cookies: Vec<String> = self
            .jar()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header("cookie", cookies.join("; "))
        };
        let request = match &self.forwarded_for {
            Some(addresses) => request.header("x-forwarded-for", addresses),
            None => request,
        };
        let response = request.send().await;
        for cookie in response.headers("set-cookie") {
            let Some((name, rest)) = cookie.split_once('=') else {
                continue;
            };
            let value = rest.split(';').next().unwrap_or_default();
            if rest.contains("Max-Age=0") {
                self.jar().remove(name);
            } else {
                self.jar().insert(name.to_owned(), value.to_owned());
            }
        }
        let document = Html::parse_document(&response.text());
        PageResponse { response, document }
    }
}

impl PageResponse {
    /// The status.
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// Asserts the status.
    ///
    /// # Panics
    /// If it differs.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.response.status, status, "{}", self.response.text());
        self
    }

    /// The target of a redirect.
    ///
    /// # Panics
    /// If it is not a redirect.
    #[track_caller]
    pub fn location(&self) -> String {
        assert!(
            (300..400).contains(&self.response.status),
            "{} {}",
            self.response.status,
            self.response.text()
        );
        self.response.header("location").to_owned()
    }

    /// All elements that `selector` matches.
    ///
    /// # Panics
    /// If the selector is invalid.
    pub fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        let selector = Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
        self.document.select(&selector).collect()
    }

    /// The text of the first element that `selector` matches, with whitespace collapsed.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let found = self.all(selector);
        let first = found
            .first()
            .unwrap_or_else(|| panic!("no {selector} in {}", self.response.text()));
        let text: String = first.text().collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// An attribute of the first element that `selector` matches.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn attribute(&self, selector: &str, name: &str) -> String {
        let found = self.all(selector);
        let value = found.first().and_then(|element| element.value().attr(name));
        value
            .unwrap_or_else(|| panic!("no {selector}[{name}] in {}", self.response.text()))
            .to_owned()
    }

    /// Whether `selector` matches an element.
    pub fn has(&self, selector: &str) -> bool {
        !self.all(selector).is_empty()
    }
}
