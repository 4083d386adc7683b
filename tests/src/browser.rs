//! A browser without scripts: it keeps cookies, says where its requests come from, and reads pages.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use scraper::{ElementRef, Html, Selector};
use testkit::{Client, Request, Response, eventually_ok};

/// Where the pages believe that they are.
const ORIGIN: &str = "http://localhost:8080";

/// A browser with cookies of its own. It follows no redirection: a test sees all.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What came back.
#[derive(Debug)]
pub struct Seen {
    /// The answer as it is.
    pub answer: Response,
    document: Html,
}

impl Browser {
    /// A browser of the site at `base`.
    pub fn new(base: &str) -> Self {
        Self {
            client: Client::new(base),
            cookies: Mutex::default(),
        }
    }

    /// The same with a cookie.
    #[must_use]
    pub fn with_cookie(self, name: &str, value: &str) -> Self {
        self.jar().insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same browser after a write elsewhere, as its cookie would say.
    #[must_use]
    pub fn with_seen(&self, token: &str) -> Self {
        let browser = Self {
            client: self.client.clone(),
            cookies: Mutex::new(self.jar().clone()),
        };
        browser.with_cookie("consistency", token)
    }

    /// The value of a cookie; empty if there is none.
    pub fn cookie(&self, name: &str) -> String {
        self.jar().get(name).cloned().unwrap_or_default()
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Seen {
        self.send(self.client.get(path).header("accept", "text/html"))
            .await
    }

    /// Opens a page, again and again, until `expected` likes it.
    pub async fn get_until(&self, path: &str, mut expected: impl FnMut(&Seen) -> bool) -> Seen {
        eventually_ok(path, async || {
            let seen = self.get(path).await;
            if expected(&seen) {
                Ok(seen)
            } else {
                Err(format!("{} {}", seen.answer.status, seen.answer.text()))
            }
        })
        .await
    }

    /// Sends a form, as a page of ours does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.send(self.form(path, fields, ORIGIN)).await
    }

    /// Sends a form from a page of another site.
    pub async fn post_from_elsewhere(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
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

    async fn send(&self, request: Request) -> Seen {
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
        let answer = request.send().await;
        for cookie in answer.headers("set-cookie") {
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
        let document = Html::parse_document(&answer.text());
        Seen { answer, document }
    }
}

impl Seen {
    /// The status; for short assertions.
    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// The page, if the status is the expected one.
    ///
    /// # Panics
    /// If it is another, with the page.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.answer.status, status, "{}", self.answer.text());
        self
    }

    /// Where it leads.
    ///
    /// # Panics
    /// If it is no redirection.
    #[track_caller]
    pub fn location(&self) -> String {
        assert!(
            (300..400).contains(&self.answer.status),
            "{} {}",
            self.answer.status,
            self.answer.text()
        );
        self.answer.header("location").to_owned()
    }

    /// All elements that `selector` finds.
    ///
    /// # Panics
    /// If it is no selector.
    pub fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        let selector = Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
        self.document.select(&selector).collect()
    }

    /// The text of the first element that `selector` finds, blanks folded.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let found = self.all(selector);
        let first = found
            .first()
            .unwrap_or_else(|| panic!("no {selector} in {}", self.answer.text()));
        let text: String = first.text().collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// An attribute of the first element that `selector` finds.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn attribute(&self, selector: &str, name: &str) -> String {
        let found = self.all(selector);
        let value = found.first().and_then(|element| element.value().attr(name));
        value
            .unwrap_or_else(|| panic!("no {selector}[{name}] in {}", self.answer.text()))
            .to_owned()
    }

    /// Whether `selector` finds anything.
    pub fn has(&self, selector: &str) -> bool {
        !self.all(selector).is_empty()
    }
}
