//! One author's dealings with the API: the cookies, the origin, and patience when told to come later.

use super::content::Author;
use crate::http::{self, Answer};
use anyhow::{Context, bail};
use http_body_util::Full;
use hyper::{
    Request, StatusCode,
    header::{CONTENT_TYPE, COOKIE, ORIGIN, RETRY_AFTER, SET_COOKIE},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use tokio::time;

const PATIENCE: Duration = Duration::from_secs(90);
const TIMEOUT: Duration = Duration::from_secs(15);
/// How often it is asked whether a comment was judged.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Session {
    gateway: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Session {
    pub(super) fn new(gateway: SocketAddr) -> Self {
        Self {
            gateway,
            cookies: BTreeMap::new(),
        }
    }

    /// Signs up, or in if that was done before.
    pub(super) async fn enter(&mut self, author: &Author, password: &str) -> anyhow::Result<()> {
        let Author {
            username,
            email,
            name,
        } = author;
        let body = json!({ "username": username, "email": email, "name": name, "password": password });
        let answer = self.post("/api/users/signup", &[], &body).await?;
        if answer.status != StatusCode::CONFLICT {
            answer.expect_success("/api/users/signup")?;
            return Ok(());
        }
        let body = json!({ "login": username, "password": password });
        self.post("/api/users/signin", &[], &body)
            .await?
            .expect_success("/api/users/signin")?;
        Ok(())
    }

    pub(super) async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> anyhow::Result<Answer> {
        let deadline = time::Instant::now() + PATIENCE;
        loop {
            let request = self.request(path, headers, body)?;
            let answer = time::timeout(TIMEOUT, http::send(self.gateway, request)).await;
            let answer = answer.with_context(|| format!("{path} does not answer"))??;
            self.keep_cookies(&answer);
            let later =
                [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status);
            if !later || time::Instant::now() > deadline {
                return Ok(answer);
            }
            let seconds = answer
                .headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok());
            time::sleep(Duration::from_secs(seconds.unwrap_or(1))).await;
        }
    }

    /// Waits until readers may see what is at `path`.
    pub(super) async fn shown(&self, path: &str) -> anyhow::Result<()> {
        let deadline = time::Instant::now() + PATIENCE;
        loop {
            let request = Request::get(path).body(Full::default())?;
            let answer = time::timeout(TIMEOUT, http::send(self.gateway, request)).await;
            let answer = answer.with_context(|| format!("{path} does not answer"))??;
            if answer.status.is_success() {
                return Ok(());
            }
            if time::Instant::now() > deadline {
                bail!(
                    "{path} was not approved within {} s; does moderation run?",
                    PATIENCE.as_secs()
                );
            }
            time::sleep(LOOK_EVERY).await;
        }
    }

    fn request(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> anyhow::Result<Request<Full<hyper::body::Bytes>>> {
        let mut request = Request::post(path).header(CONTENT_TYPE, "application/json");
        // As a browser on the site itself would say it.
        request = request.header(ORIGIN, format!("http://localhost:{}", self.gateway.port()));
        if !self.cookies.is_empty() {
            let cookies: Vec<_> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(request.body(Full::from(body.to_string()))?)
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let pair = cookie
                .to_str()
                .ok()
                .and_then(|cookie| cookie.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies
                    .insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
}

impl Answer {
    /// The answer, or an error with what it says is wrong.
    pub(super) fn expect_success(self, path: &str) -> anyhow::Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        bail!(
            "{path} answered {}: {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        )
    }

    pub(super) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).context("the answer is not JSON")
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        Some(self.headers.get(name)?.to_str().ok()?.to_owned())
    }
}
