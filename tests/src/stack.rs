//! All services at once.

use auth::console::{AuthCommand, RoleName};
use runtime::service::NoCommand;
use serde_json::Value;
use testkit::{Client, NatsServer, Response, TestDatabase, eventually_ok};

use crate::{Part, Person};

/// The whole platform.
#[derive(Debug)]
pub struct Stack {
    /// The bus.
    pub nats: NatsServer,
    /// Accounts.
    pub auth: Part<auth::state::AppState, auth::config::AuthSettings, AuthCommand>,
    /// Posts.
    pub posts: Part<posts::state::AppState, posts::config::PostsSettings, NoCommand>,
    /// Comments.
    pub comments: Part<comments::state::AppState, comments::config::CommentsSettings, NoCommand>,
    /// Verdicts.
    pub moderation: Part<moderation::state::AppState, moderation::config::ModerationSettings, NoCommand>,
    /// The read side.
    pub query: Part<query::state::AppState, query::config::QuerySettings, query::admin_cli::QueryCommand>,
}

const AUTH_ARGS: &[&str] = &[
    "--key-encryption-secret",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
];

impl Stack {
    /// Starts everything and waits until it is ready. Databases are on the shared server.
    pub async fn start() -> Self {
        Self::start_with(TestDatabase::new).await
    }

    /// Starts everything with databases from `database`, which is given each service's name.
    pub async fn start_with(database: impl Fn(&str) -> TestDatabase) -> Self {
        let nats = NatsServer::start().await;
        let mut stack = Self {
            auth: Part::new(auth::service, &nats, database("auth"), AUTH_ARGS),
            posts: Part::new(posts::service, &nats, database("posts"), &[]),
            comments: Part::new(comments::service, &nats, database("comments"), &[]),
            moderation: Part::new(moderation::service, &nats, database("moderation"), &[]),
            query: Part::new(query::service, &nats, database("query"), &[]),
            nats,
        };
        // Auth first: the others are not ready before they know a key.
        tokio::join!(
            stack.auth.start(),
            stack.posts.start(),
            stack.comments.start(),
            stack.moderation.start(),
            stack.query.start()
        );
        stack
    }

    /// The platform's address space: each path goes to the service that owns its prefix.
    pub fn site(&self) -> Site {
        Site {
            routes: [
                ("/api/users", self.auth.url()),
                ("/api/posts", self.posts.url()),
                ("/api/comments", self.comments.url()),
                ("/api/moderation", self.moderation.url()),
                ("/api/query", self.query.url()),
            ],
        }
    }

    /// Signs up somebody new.
    pub async fn sign_up(&self, username: &str) -> Person {
        Person::sign_up(self.site(), username).await
    }

    /// Signs up somebody new who may moderate.
    pub async fn sign_up_moderator(&self, username: &str) -> Person {
        self.sign_up(username).await;
        let role = AuthCommand::GrantRole {
            username: username.to_owned(),
            role: RoleName::Moderator,
        };
        self.auth.command(role).await;
        Person::sign_in(self.site(), username).await
    }

    /// Asks the read side for `path` until `expected` likes the answer, and returns it.
    pub async fn read_until(&self, path: &str, mut expected: impl FnMut(&Response) -> bool) -> Value {
        let client = self.site().client(path);
        let answer = eventually_ok(path, async || {
            let answer = client
                .get(path)
                .try_send()
                .await
                .map_err(|error| error.to_string())?;
            if expected(&answer) {
                Ok(answer)
            } else {
                Err(format!("{} {}", answer.status, answer.text()))
            }
        });
        answer.await.json()
    }

    /// Everything that readers see: posts, each with its comments, and tags.
    pub async fn everything(&self) -> Value {
        let client = self.site().client("/api/query");
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

    /// Stops everything and refuses leftovers.
    pub async fn finish(self) {
        self.auth.finish().await;
        self.posts.finish().await;
        self.comments.finish().await;
        self.moderation.finish().await;
        self.query.finish().await;
    }
}

/// Which service serves which path, as the ingress routes.
#[derive(Debug, Clone)]
pub struct Site {
    routes: [(&'static str, String); 5],
}

impl Site {
    /// A client of the service that owns `path`, signed in as nobody.
    pub fn client(&self, path: &str) -> Client {
        let route = self.routes.iter().find(|(prefix, _)| path.starts_with(prefix));
        let (_, url) = route.unwrap_or_else(|| panic!("no service owns {path}"));
        Client::new(url)
    }
}
