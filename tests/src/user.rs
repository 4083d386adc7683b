//! A user of the platform.

use serde_json::{Value, json};
use testkit::{Request, Response, eventually, eventually_ok};

use crate::Gateway;

/// A signed-in user, with the consistency token of the last write, as in a browser's cookie.
#[derive(Debug, Clone)]
pub struct User {
    /// The id.
    pub id: String,
    /// The session token.
    pub token: String,
    gateway: Gateway,
    last_token: Option<String>,
}

/// The password of all users.
pub const PASSWORD: &str = "seven green umbrellas";

impl User {
    pub(crate) async fn sign_up(gateway: Gateway, username: &str) -> Self {
        let body =
            json!({ "username": username, "email": format!("{username}@example.org"), "password": PASSWORD });
        let response = gateway
            .client("/api/users")
            .post("/api/users/signup")
            .json(&body)
            .send()
            .await;
        Self::signed_in(gateway, &response, &response.expect(201))
    }

    /// Signs in again, to get a token with the current role.
    pub(crate) async fn sign_in(gateway: Gateway, username: &str) -> Self {
        let client = gateway.client("/api/users");
        let body = json!({ "login": username, "password": PASSWORD });
        let response = client.post("/api/users/signin").json(&body).send().await;
        Self::signed_in(gateway, &response, &response.expect(200))
    }

    fn signed_in(gateway: Gateway, response: &Response, user: &Value) -> Self {
        let id = user["id"].as_str().unwrap_or_default().to_owned();
        Self {
            id,
            token: session_token(response),
            gateway,
            last_token: Some(response.consistency_token()).filter(|token| !token.is_empty()),
        }
    }

    /// The token of the last write or read.
    pub fn consistency_token(&self) -> &str {
        self.last_token.as_deref().unwrap_or_default()
    }

    /// GET, including the last write
    pub async fn get(&self, path: &str) -> Response {
        self.with_token(self.gateway.client(path).with_token(&self.token).get(path))
            .send()
            .await
    }

    /// POST
    pub async fn post(&mut self, path: &str, body: Value) -> Response {
        let request = self
            .gateway
            .client(path)
            .with_token(&self.token)
            .post(path)
            .json(&body);
        self.write(request).await
    }

    /// PATCH
    pub async fn patch(&mut self, path: &str, body: Value) -> Response {
        let request = self
            .gateway
            .client(path)
            .with_token(&self.token)
            .patch(path)
            .json(&body);
        self.write(request).await
    }

    /// PUT
    pub async fn put(&mut self, path: &str, body: Value) -> Response {
        let request = self
            .gateway
            .client(path)
            .with_token(&self.token)
            .put(path)
            .json(&body);
        self.write(request).await
    }

    /// DELETE
    pub async fn delete(&mut self, path: &str, body: Option<Value>) -> Response {
        let request = self.gateway.client(path).with_token(&self.token).delete(path);
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

    /// Posts a comment, waits until it is approved, and returns its id.
    pub async fn comment_approved(&mut self, post: &str, text: &str) -> String {
        let id = self.comment(post, text).await;
        self.wait_for_comment(&id, "approved").await;
        id
    }

    /// Waits until an own comment has the status, and returns it. Later reads include this version.
    pub async fn wait_for_comment(&mut self, id: &str, status: &str) -> Value {
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
        self.last_token = Some(format!("comment:{id}@{}", comment["version"]));
        comment
    }

    /// Waits until an own post has the verdict, and returns it. Later reads include this version.
    pub async fn wait_for_verdict(&mut self, id: &str, verdict: &str) -> Value {
        let path = format!("/api/posts/{id}");
        let post = eventually_ok(&format!("the post is {verdict}"), async || {
            let post = self.get(&path).await.json();
            if post["moderation"]["status"] == verdict {
                Ok(post)
            } else {
                Err(post.to_string())
            }
        })
        .await;
        self.last_token = Some(format!("post:{id}@{}", post["version"]));
        post
    }

    /// Posts a comment and returns its id. On a busy machine the service may not know the post in time.
    pub async fn comment(&mut self, post: &str, text: &str) -> String {
        let body = json!({ "post_id": post, "body": text });
        let response = eventually("comments knows the post", async || {
            let response = self.post("/api/comments", body.clone()).await;
            (response.status != 404).then_some(response)
        });
        let comment = response.await.expect(201);
        comment["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a post is published. Later reads and comments include this version.
    pub async fn wait_for_post(&mut self, post: &str) {
        let path = format!("/api/query/posts/{post}");
        let read = eventually("the post can be read", async || {
            let response = self.get(&path).await;
            (response.status == 200).then(|| response.json())
        });
        let version = read.await["version"].as_u64().unwrap_or_default();
        self.last_token = Some(format!("post:{post}@{version}"));
    }

    /// Deletes the account.
    pub async fn delete_account(&mut self) -> Response {
        self.delete("/api/users/me", Some(json!({ "password": PASSWORD })))
            .await
    }

    fn with_token(&self, request: Request) -> Request {
        match &self.last_token {
            Some(token) => request.header("consistency-token", token),
            None => request,
        }
    }

    async fn write(&mut self, request: Request) -> Response {
        let response = self.with_token(request).send().await;
        if !response.consistency_token().is_empty() {
            self.last_token = Some(response.consistency_token());
        }
        response
    }
}

/// The token in the session cookie.
fn session_token(response: &Response) -> String {
    let cookies = response.headers("set-cookie");
    let session = cookies.iter().find_map(|cookie| cookie.strip_prefix("session="));
    let token = session.and_then(|value| value.split(';').next());
    token
        .unwrap_or_else(|| panic!("no session in {cookies:?}"))
        .to_owned()
}
