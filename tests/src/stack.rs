//! All services at once.

use auth::admin_cli::AuthCommand;
use common::event::Role;
use runtime::service::NoCommand;
use serde_json::Value;
use testkit::{NatsServer, Response, TestDatabase, eventually_ok};

use crate::{Gateway, ServiceHandle, User};

/// The whole platform.
#[derive(Debug)]
pub struct Stack {
    /// The bus.
    pub nats: NatsServer,
    /// The auth service.
    pub auth: ServiceHandle<auth::state::AppState, auth::config::AuthSettings, AuthCommand>,
    /// The posts service.
    pub posts: ServiceHandle<posts::state::AppState, posts::config::PostsSettings, NoCommand>,
    /// The comments service.
    pub comments: ServiceHandle<comments::state::AppState, comments::config::CommentsSettings, NoCommand>,
    /// The moderation service.
    pub moderation:
        ServiceHandle<moderation::state::AppState, moderation::config::ModerationSettings, NoCommand>,
    /// The read side.
    pub query:
        ServiceHandle<query::state::AppState, query::config::QuerySettings, query::admin_cli::QueryCommand>,
}

const AUTH_ARGS: &[&str] = &[
    "--key-encryption-secret",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
];

impl Stack {
    /// Starts all services and waits until they are ready, with databases on the shared server.
    pub async fn start() -> Self {
        Self::start_with(TestDatabase::new).await
    }

    /// Starts all services with the databases that `database` returns for their names.
    pub async fn start_with(database: impl Fn(&str) -> TestDatabase) -> Self {
        let nats = NatsServer::start().await;
        let mut stack = Self {
            auth: ServiceHandle::new(auth::service, &nats, database("auth"), AUTH_ARGS),
            posts: ServiceHandle::new(posts::service, &nats, database("posts"), &[]),
            comments: ServiceHandle::new(comments::service, &nats, database("comments"), &[]),
            moderation: ServiceHandle::new(moderation::service, &nats, database("moderation"), &[]),
            query: ServiceHandle::new(query::service, &nats, database("query"), &[]),
            nats,
        };
        // The other services are not ready before auth has published a key.
        tokio::join!(
            stack.auth.start(),
            stack.posts.start(),
            stack.comments.start(),
            stack.moderation.start(),
            stack.query.start()
        );
        stack
    }

    /// The routes to the services.
    pub fn gateway(&self) -> Gateway {
        Gateway {
            routes: [
                ("/api/users", self.auth.url()),
                ("/api/posts", self.posts.url()),
                ("/api/comments", self.comments.url()),
                ("/api/moderation", self.moderation.url()),
                ("/api/query", self.query.url()),
            ],
        }
    }

    /// Signs up a user.
    pub async fn sign_up(&self, username: &str) -> User {
        User::sign_up(self.gateway(), username).await
    }

    /// Signs up a moderator.
    pub async fn sign_up_moderator(&self, username: &str) -> User {
        self.sign_up(username).await;
        let role = AuthCommand::GrantRole {
            username: username.to_owned(),
            role: Role::Moderator,
        };
        self.auth.command(role).await;
        User::sign_in(self.gateway(), username).await
    }

    /// Requests `path` from the read side until `expected` returns true, and returns the body.
    pub async fn read_until(&self, path: &str, mut expected: impl FnMut(&Response) -> bool) -> Value {
        let client = self.gateway().client(path);
        let response = eventually_ok(path, async || {
            let response = client
                .get(path)
                .try_send()
                .await
                .map_err(|error| error.to_string())?;
            if expected(&response) {
                Ok(response)
            } else {
                Err(format!("{} {}", response.status, response.text()))
            }
        });
        response.await.json()
    }

    /// All public content: posts with their comments, and tags.
    pub async fn everything(&self) -> Value {
        let client = self.gateway().client("/api/query");
        let posts = client.get("/api/query/posts?limit=100").send().await.expect(200);
        let mut all = Vec::new();
        for post in posts["items"].as_array().cloned().unwrap_or_default() {
            let path = format!("/api/query/posts/{}", post["id"].as_str().unwrap_or_default());
            let full = client.get(&path).send().await.expect(200);
            let comments = client.get(&format!("{path}/comments")).send().await.expect(200);
            all.push(serde_json::json!({ "post": full, "comments": comments }));
        }
        let tags = client.get("/api/query/tags").send().await.expect(200);
        serde_json::json!({ "list": posts, "posts": all, "tags": tags })
    }

    /// Stops all services and checks for leftovers.
    pub async fn finish(self) {
        self.auth.finish().await;
        self.posts.finish().await;
        self.comments.finish().await;
        self.moderation.finish().await;
        self.query.finish().await;
    }
}
