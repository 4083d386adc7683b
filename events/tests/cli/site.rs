//! Real traffic: the posts and comments services on servers of their own.

use comments::config::CommentsSettings;
use common::event::Role;
use posts::config::PostsSettings;
use runtime::bus::Bus;
use serde_json::{Value, json};
use testkit::{Client, NatsServer, RunningService, TestDatabase, TestIssuer, TestUser, eventually};

/// A small site.
pub struct Site {
    pub nats: NatsServer,
    pub bus: Bus,
    pub ann: TestUser,
    pub bob: TestUser,
    posts: RunningService,
    comments: RunningService,
}

impl Site {
    pub async fn start() -> Self {
        let nats = NatsServer::start().await;
        let bus = nats.connect("tests").await;
        let issuer = TestIssuer::on(&bus).await;
        let (posts, comments) = (TestDatabase::new("posts"), TestDatabase::new("comments"));
        let auto_approve = CommentsSettings { auto_approve: true };
        let posts = RunningService::start(posts::service(), &nats, &posts, PostsSettings::default()).await;
        let comments = RunningService::start(comments::service(), &nats, &comments, auto_approve).await;
        Self {
            ann: issuer.user("ann", Role::Author),
            bob: issuer.user("bob", Role::Author),
            nats,
            bus,
            posts,
            comments,
        }
    }

    fn as_(running: &RunningService, user: &TestUser) -> Client {
        running.client().with_token(&user.token)
    }

    /// Publishes a post as Ann and returns it.
    pub async fn publish(&self, title: &str) -> Value {
        let post = json!({ "title": title, "body": "It *works*.", "tags": ["rust"], "status": "published" });
        let answer = Self::as_(&self.posts, &self.ann)
            .post("/api/posts")
            .json(&post)
            .send()
            .await;
        answer.expect(201)
    }

    /// Changes the title of `post` as Ann.
    pub async fn rename(&self, post: &str, title: &str) {
        let path = format!("/api/posts/{post}");
        let change = json!({ "title": title });
        let answer = Self::as_(&self.posts, &self.ann)
            .patch(&path)
            .json(&change)
            .send()
            .await;
        answer.expect(200);
    }

    /// Comments on `post` as Bob, as soon as comments has it, and returns the comment.
    pub async fn comment(&self, post: &str, body: &str) -> Value {
        let comment = json!({ "post_id": post, "body": body });
        let client = Self::as_(&self.comments, &self.bob);
        eventually("the comment is accepted", async || {
            let answer = client.post("/api/comments").json(&comment).send().await;
            (answer.status == 201).then(|| answer.json())
        })
        .await
    }

    /// Waits until all events are in the log.
    pub async fn settled(&self) {
        self.posts.settled().await;
        self.comments.settled().await;
    }
}
