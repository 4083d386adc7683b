//! Somebody who uses the platform.

use serde_json::{Value, json};
use testkit::{Request, Response, eventually, eventually_ok};

use crate::Site;

/// A signed-in user, who remembers the consistency token of their last write as a browser's cookie does.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their session's token.
    pub token: String,
    site: Site,
    seen: Option<String>,
}

/// Everybody's password here.
pub const PASSWORD: &str = "seven green umbrellas";

impl Person {
    pub(crate) async fn sign_up(site: Site, username: &str) -> Self {
        let body =
            json!({ "username": username, "email": format!("{username}@example.org"), "password": PASSWORD });
        let answer = site
            .client("/api/users")
            .post("/api/users/signup")
            .json(&body)
            .send()
            .await;
        Self::signed_in(site, &answer, &answer.expect(201))
    }

    /// Signs in anew somebody who has an account: the token says which role they have.
    pub(crate) async fn sign_in(site: Site, username: &str) -> Self {
        let client = site.client("/api/users");
        let body = json!({ "login": username, "password": PASSWORD });
        let answer = client.post("/api/users/signin").json(&body).send().await;
        Self::signed_in(site, &answer, &answer.expect(200))
    }

    fn signed_in(site: Site, answer: &Response, user: &Value) -> Self {
        let id = user["id"].as_str().unwrap_or_default().to_owned();
        Self {
            id,
            token: session_token(answer),
            site,
            seen: Some(answer.consistency_token()).filter(|token| !token.is_empty()),
        }
    }

    /// What they have seen or written last, as the cookie holds it.
    pub fn seen(&self) -> &str {
        self.seen.as_deref().unwrap_or_default()
    }

    /// GET, waiting for what they wrote last.
    pub async fn get(&self, path: &str) -> Response {
        self.prepared(self.site.client(path).with_token(&self.token).get(path))
            .send()
            .await
    }

    /// POST
    pub async fn post(&mut self, path: &str, body: Value) -> Response {
        let request = self
            .site
            .client(path)
            .with_token(&self.token)
            .post(path)
            .json(&body);
        self.write(request).await
    }

    /// PATCH
    pub async fn patch(&mut self, path: &str, body: Value) -> Response {
        let request = self
            .site
            .client(path)
            .with_token(&self.token)
            .patch(path)
            .json(&body);
        self.write(request).await
    }

    /// PUT
    pub async fn put(&mut self, path: &str, body: Value) -> Response {
        let request = self
            .site
            .client(path)
            .with_token(&self.token)
            .put(path)
            .json(&body);
        self.write(request).await
    }

    /// DELETE
    pub async fn delete(&mut self, path: &str, body: Option<Value>) -> Response {
        let request = self.site.client(path).with_token(&self.token).delete(path);
        self.write(if let Some(body) = body {
            request.json(&body)
        } else {
            request
        })
        .await
    }

    /// Publishes a post and returns its id.
    pub async fn publish(&mut self, title: &str) -> String {
        let body = json!({ "title": title, "body": format!("About *{title}*."), "tags": ["news"], "status": "published" });
        let post = self.post("/api/posts", body).await.expect(201);
        post["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Comments on a post, waits until the comment is approved, and returns its id.
    pub async fn comment_approved(&mut self, post: &str, text: &str) -> String {
        let id = self.comment(post, text).await;
        self.sees_comment(&id, "approved").await;
        id
    }

    /// Waits until their own comment has that status, and returns it; from then on they have seen that.
    pub async fn sees_comment(&mut self, id: &str, status: &str) -> Value {
        let path = format!("/api/comments/{id}");
        let comment = eventually_ok(&format!("the comment is {status}"), async || {
            let comment = self.get(&path).await.json();
            if comment["status"] == status {
                Ok(comment)
            } else {
                Err(comment.to_string())
            }
        })
        .await;
        self.seen = Some(format!("comment:{id}@{}", comment["version"]));
        comment
    }

    /// Waits until moderation has decided so about their own published text, and returns the post.
    pub async fn sees_post(&mut self, id: &str, decided: &str) -> Value {
        let path = format!("/api/posts/{id}");
        let post = eventually_ok(&format!("the post is {decided}"), async || {
            let post = self.get(&path).await.json();
            if post["moderation"]["status"] == decided {
                Ok(post)
            } else {
                Err(post.to_string())
            }
        })
        .await;
        self.seen = Some(format!("post:{id}@{}", post["version"]));
        post
    }

    /// Comments on a post and returns the comment's id, whatever becomes of it.
    pub async fn comment(&mut self, post: &str, text: &str) -> String {
        let comment = self
            .post("/api/comments", json!({ "post_id": post, "body": text }))
            .await
            .expect(201);
        comment["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Reads somebody else's post, as soon as it is there; from then on they have seen its version.
    pub async fn read(&mut self, post: &str) {
        let path = format!("/api/query/posts/{post}");
        let read = eventually("the post can be read", async || {
            let answer = self.get(&path).await;
            (answer.status == 200).then(|| answer.json())
        });
        let version = read.await["version"].as_u64().unwrap_or_default();
        self.seen = Some(format!("post:{post}@{version}"));
    }

    /// Deletes their account.
    pub async fn delete_account(&mut self) -> Response {
        self.delete("/api/users/me", Some(json!({ "password": PASSWORD })))
            .await
    }

    fn prepared(&self, request: Request) -> Request {
        match &self.seen {
            Some(token) => request.header("consistency-token", token),
            None => request,
        }
    }

    async fn write(&mut self, request: Request) -> Response {
        let answer = self.prepared(request).send().await;
        if !answer.consistency_token().is_empty() {
            self.seen = Some(answer.consistency_token());
        }
        answer
    }
}

/// The token in the session cookie of `answer`.
fn session_token(answer: &Response) -> String {
    let cookies = answer.headers("set-cookie");
    let session = cookies.iter().find_map(|cookie| cookie.strip_prefix("session="));
    let token = session.and_then(|value| value.split(';').next());
    token
        .unwrap_or_else(|| panic!("no session in {cookies:?}"))
        .to_owned()
}
