//! The API calls of one sample author, with cookies, origin, and retries when the platform asks for them.

use super::content::Author;
use anyhow::{Context, bail};
use reqwest::{
    Client, Response, StatusCode,
    header::{ORIGIN, RETRY_AFTER},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{self, Instant};

const TIMEOUT: Duration = Duration::from_secs(300);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Session {
    url: String,
    client: Client,
}

/// The result of a creation.
#[derive(Debug)]
pub(super) struct Created {
    pub(super) id: String,
    /// Identifies the write, so that a later request can wait for it.
    pub(super) token: Option<String>,
}

impl Session {
    /// Signs up, or in if the account exists.
    pub(super) async fn new(url: &str, author: &Author, password: &str) -> anyhow::Result<Self> {
        let client = Client::builder()
            .cookie_store(true)
            .no_proxy()
            .timeout(REQUEST_TIMEOUT);
        let session = Self {
            url: url.to_owned(),
            client: client.build()?,
        };
        let Author {
            username,
            email,
            name,
        } = author;
        let body = json!({ "username": username, "email": email, "name": name, "password": password });
        let response = session.post("/api/users/signup", &[], &body).await?;
        if response.status() == StatusCode::CONFLICT {
            let body = json!({ "login": username, "password": password });
            succeeded(session.post("/api/users/signin", &[], &body).await?).await?;
        } else {
            succeeded(response).await?;
        }
        Ok(session)
    }

    /// Creates a resource; with the same key it is created once.
    pub(super) async fn create(
        &self,
        path: &str,
        key: &str,
        after: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<Created> {
        #[derive(Deserialize)]
        struct Resource {
            id: String,
        }
        let mut headers = vec![("idempotency-key", key)];
        headers.extend(after.map(|token| ("consistency-token", token)));
        let response = succeeded(self.post(path, &headers, body).await?).await?;
        let token = response.headers().get("consistency-token");
        let token = token.and_then(|token| Some(token.to_str().ok()?.to_owned()));
        let Resource { id } = response.json().await.context("the response has no id")?;
        Ok(Created { id, token })
    }

    /// Waits until readers can see the resource at `path`.
    pub(super) async fn wait_for(&self, path: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        let url = format!("{}{path}", self.url);
        while !self.client.get(&url).send().await?.status().is_success() {
            if Instant::now() > deadline {
                let seconds = TIMEOUT.as_secs();
                bail!("{path} was not approved within {seconds} s; does moderation run?");
            }
            time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// Sends a request as a page of the site does, and again if the platform asks to retry later.
    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> anyhow::Result<Response> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let mut request = self
                .client
                .post(format!("{}{path}", self.url))
                .header(ORIGIN, &self.url)
                .json(body);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let response = request.send().await?;
            let later = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
            if !later.contains(&response.status()) || Instant::now() > deadline {
                return Ok(response);
            }
            let seconds = response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok());
            time::sleep(Duration::from_secs(seconds.unwrap_or(1))).await;
        }
    }
}

/// The response, or an error with its text.
async fn succeeded(response: Response) -> anyhow::Result<Response> {
    if response.status().is_success() {
        return Ok(response);
    }
    let (path, status) = (response.url().path().to_owned(), response.status());
    bail!(
        "{path} returned {status}: {}",
        response.text().await.unwrap_or_default()
    )
}
