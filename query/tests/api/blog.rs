//! A blog in which the test publishes the events of the other services.

use common::{
    event::{
        AggregateState, ApprovedText, CommentFact, CommentState, CommentStatus, Envelope, Event, FollowFact,
        FollowState, PostContent, PostFact, PostState, PostStatus, ReactionFact, ReactionKind, ReactionState,
        Role, Timestamp, UserFact, UserProfile, UserState, encode,
    },
    ids::{CommentId, EventId, PostId, UserId},
};
use query::config::QuerySettings;
use runtime::bus::Bus;
use serde_json::Value;
use testkit::{Client, NatsServer, Response, RunningService, TestDatabase, TestIssuer, eventually};

pub struct Blog {
    pub nats: NatsServer,
    pub database: TestDatabase,
    pub bus: Bus,
    pub service: RunningService,
    pub client: Client,
    issuer: TestIssuer,
}

/// With a short lease, so that tests do not wait long for a takeover.
pub fn settings() -> QuerySettings {
    QuerySettings {
        lease: 2,
        grace: 1,
        ..QuerySettings::default()
    }
}

impl Blog {
    pub async fn start() -> Self {
        Self::start_on(TestDatabase::new("query")).await
    }

    pub async fn start_on(database: TestDatabase) -> Self {
        let nats = NatsServer::start().await;
        let bus = nats.connect("test").await;
        eventually("the bus connects", async || bus.is_connected().then_some(())).await;
        let issuer = TestIssuer::on(&bus).await;
        let service = RunningService::start(query::service(), &nats, &database, settings()).await;
        let client = service.client();
        Self {
            nats,
            database,
            bus,
            service,
            client,
            issuer,
        }
    }

    /// Another replica on the same servers.
    pub async fn replica(&self) -> RunningService {
        RunningService::start(query::service(), &self.nats, &self.database, settings()).await
    }

    /// Publishes an event; returns the token of its version.
    pub async fn publish<S: AggregateState>(&self, fact: S::Fact, version: u64, state: &S) -> String {
        publish(&self.bus, state.clone().into_event(fact), version).await;
        format!("{}:{}@{version}", S::KIND.as_str(), state.aggregate_id())
    }

    /// Reads `path` with `token`, and asserts that the response is not stale.
    pub async fn read(&self, path: &str, token: &str) -> Response {
        read(&self.client, path, token).await
    }

    /// The client of a signed-in user.
    pub fn signed_in(&self, user: UserId) -> Client {
        let user = self.issuer.sign_in(user, "reader", Role::Author);
        self.client.with_token(user.token)
    }

    pub async fn read_json(&self, path: &str, token: &str) -> Value {
        self.read(path, token).await.expect(200)
    }

    /// Publishes a new user.
    pub async fn create_user(&self, username: &str) -> UserState {
        let state = user(username);
        self.publish(UserFact::Registered, 1, &state).await;
        state
    }

    /// Publishes a new post; returns its token.
    pub async fn publish_post(&self, state: &PostState) -> String {
        self.publish(PostFact::Published, 1, state).await
    }

    /// Publishes a new approved comment; returns its token.
    pub async fn publish_comment(&self, state: &CommentState) -> String {
        self.publish(CommentFact::Approved, 1, state).await
    }

    pub async fn finish(self) {
        self.service.stop().await;
        self.database.remove().await;
    }
}

/// Reads `path` as `client` with `token`, and asserts that the response is not stale.
pub async fn read(client: &Client, path: &str, token: &str) -> Response {
    let response = client.get(path).header("consistency-token", token).send().await;
    assert_eq!(response.header("stale"), "", "{path} is stale");
    response
}

pub async fn publish(bus: &Bus, event: Event, version: u64) {
    let envelope = Envelope {
        id: EventId::generate(),
        service: "test".to_owned(),
        time: Timestamp::now(),
        aggregate_version: version,
        correlation_id: "test".to_owned(),
        causation_id: None,
        actor: "service:test".to_owned(),
        traceparent: None,
    };
    let message = encode(&envelope, &event).unwrap();
    let mut headers = async_nats::HeaderMap::new();
    for (name, value) in &message.headers {
        headers.insert(name.as_str(), value.as_str());
    }
    let sent = bus
        .jetstream()
        .publish_with_headers(message.subject, headers, message.payload)
        .await;
    sent.unwrap().await.unwrap();
}

pub fn user(username: &str) -> UserState {
    UserState {
        id: UserId::generate(),
        role: Role::Author,
        profile: Some(UserProfile {
            username: username.to_owned(),
            name: format!("{username} the Great"),
            bio: "Writes.".to_owned(),
        }),
        created_at: Timestamp::now(),
    }
}

/// A published post.
pub fn post(author: UserId, slug: &str, body: &str) -> PostState {
    let now = Timestamp::now();
    PostState {
        id: PostId::generate(),
        author_id: author,
        status: PostStatus::Published,
        slug: Some(slug.to_owned()),
        former_slugs: Vec::new(),
        content: Some(PostContent {
            title: format!("About {slug}"),
            body: body.to_owned(),
            summary: None,
            tags: vec!["rust".to_owned()],
            cover: None,
            language: None,
        }),
        created_at: now,
        updated_at: now,
        published_at: Some(now),
    }
}

/// The post without public content.
pub fn hidden(state: &PostState, status: PostStatus) -> PostState {
    PostState {
        status,
        content: None,
        ..state.clone()
    }
}

/// An approved comment.
pub fn comment(post: PostId, parent: Option<CommentId>, author: UserId, text: &str) -> CommentState {
    CommentState {
        id: CommentId::generate(),
        post_id: post,
        parent_id: parent,
        author_id: Some(author),
        status: CommentStatus::Approved,
        revision: 1,
        body: Some(text.to_owned()),
        approved: Some(ApprovedText {
            revision: 1,
            body: text.to_owned(),
        }),
        reason: None,
        created_at: Timestamp::now(),
        edited_at: None,
    }
}

/// The comment without approval.
pub fn unapproved(state: &CommentState, status: CommentStatus) -> CommentState {
    CommentState {
        status,
        approved: None,
        ..state.clone()
    }
}

/// The comment's tombstone.
pub fn deleted(state: &CommentState) -> CommentState {
    CommentState {
        status: CommentStatus::Deleted,
        approved: None,
        body: None,
        ..state.clone()
    }
}

pub fn like(post: PostId, user: UserId, active: bool) -> (ReactionFact, ReactionState) {
    let fact = if active {
        ReactionFact::Added
    } else {
        ReactionFact::Removed
    };
    let state = ReactionState {
        post_id: post,
        user_id: user,
        kind: ReactionKind::Like,
        active,
        changed_at: Timestamp::now(),
    };
    (fact, state)
}

pub fn follow(follower: UserId, followee: UserId, active: bool) -> (FollowFact, FollowState) {
    let fact = if active {
        FollowFact::Followed
    } else {
        FollowFact::Unfollowed
    };
    let state = FollowState {
        follower_id: follower,
        followee_id: followee,
        active,
        changed_at: Timestamp::now(),
    };
    (fact, state)
}
