//! A blog whose other services are played by the test: it says what they would say.

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
use testkit::{Answer, Client, NatsServer, Running, TestDatabase, TestIssuer, eventually};

pub struct Blog {
    pub nats: NatsServer,
    pub database: TestDatabase,
    pub bus: Bus,
    pub service: Running,
    pub client: Client,
    issuer: TestIssuer,
}

/// Short enough that a takeover does not keep a test waiting.
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
        let service = Running::start(query::service(), &nats, &database, settings()).await;
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
    pub async fn replica(&self) -> Running {
        Running::start(query::service(), &self.nats, &self.database, settings()).await
    }

    /// Publishes that `state` came of `fact`; answers the token to read it with.
    pub async fn say<S: AggregateState>(&self, fact: S::Fact, version: u64, state: &S) -> String {
        say(&self.bus, state.clone().into_event(fact), version).await;
        format!("{}:{}@{version}", S::KIND.as_str(), state.aggregate_id())
    }

    /// Reads `path` behind `token`, and asserts that the answer is not stale.
    pub async fn read(&self, path: &str, token: &str) -> Answer {
        read(&self.client, path, token).await
    }

    /// A client of somebody who is signed in.
    pub fn signed_in(&self, person: UserId) -> Client {
        let user = self.issuer.sign_in(person, "somebody", Role::Author);
        self.client.bearing(user.token)
    }

    pub async fn show(&self, path: &str, token: &str) -> Value {
        self.read(path, token).await.expect(200)
    }

    /// A new person.
    pub async fn person(&self, username: &str) -> UserState {
        let state = person(username);
        self.say(UserFact::Registered, 1, &state).await;
        state
    }

    /// A new published post, and its token.
    pub async fn publish(&self, state: &PostState) -> String {
        self.say(PostFact::Published, 1, state).await
    }

    /// A new approved comment, and its token.
    pub async fn comment(&self, state: &CommentState) -> String {
        self.say(CommentFact::Approved, 1, state).await
    }

    pub async fn finish(self) {
        self.service.stop().await;
        self.database.remove().await;
    }
}

/// Reads `path` as `client` behind `token`, and asserts that the answer is not stale.
pub async fn read(client: &Client, path: &str, token: &str) -> Answer {
    let answer = client.get(path).header("consistency-token", token).send().await;
    assert_eq!(answer.header("stale"), "", "{path} is stale");
    answer
}

pub async fn say(bus: &Bus, event: Event, version: u64) {
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

pub fn person(username: &str) -> UserState {
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

/// A published post with that slug and body.
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
        }),
        created_at: now,
        updated_at: now,
        published_at: Some(now),
    }
}

/// The same post without anything public.
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

/// The comment as it is before or without approval.
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
