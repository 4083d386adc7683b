//! The service with its servers, and the events of other services that it consumes.

use std::time::Duration;

use async_nats::{HeaderMap, jetstream::consumer::PullConsumer};
use comments::{config::CommentsSettings, domain::PostReplica, store::Posts};
use common::{
    consistency::ConsistencyToken,
    event::{
        CommentFact, CommentState, DecidedBy, Envelope, Event, Outcome, PostContent, PostFact, PostState,
        PostStatus, Received, Role, STREAM, SUBJECT_PREFIX, Timestamp, UserFact, UserState, VerdictFact,
        VerdictState, encode, topology::COMMENTS_VERDICTS,
    },
    ids::{CommentId, EventId, PostId, UserId},
};
use futures::TryStreamExt as _;
use runtime::bus::{Bus, Checkpoint, LogReader};
use serde_json::{Value, json};
use testkit::{
    Client, NatsServer, Response, RunningService, TIMEOUT, TestDatabase, TestIssuer, TestUser, eventually,
};

/// Starts the service.
pub async fn start(nats: &NatsServer, database: &TestDatabase, auto_approve: bool) -> RunningService {
    let own = CommentsSettings { auto_approve };
    RunningService::start(comments::service(), nats, database, own).await
}

pub struct Fixture {
    pub nats: NatsServer,
    pub database: TestDatabase,
    pub running: RunningService,
    /// A connection of another service.
    pub bus: Bus,
    pub ann: TestUser,
    pub bob: TestUser,
    pub moderator: TestUser,
}

impl Fixture {
    pub async fn start() -> Self {
        Self::start_with(TestDatabase::new("comments"), true).await
    }

    /// New texts are pending until a verdict.
    pub async fn start_reviewed() -> Self {
        Self::start_with(TestDatabase::new("comments"), false).await
    }

    pub async fn start_with(database: TestDatabase, auto_approve: bool) -> Self {
        let nats = NatsServer::start().await;
        let bus = nats.connect("others").await;
        let issuer = TestIssuer::on(&bus).await;
        let running = start(&nats, &database, auto_approve).await;
        Self {
            ann: issuer.user("ann", Role::Author),
            bob: issuer.user("bob", Role::Author),
            moderator: issuer.user("mod", Role::Moderator),
            nats,
            database,
            running,
            bus,
        }
    }

    /// Restarts the service with other settings.
    pub async fn restarted(self, auto_approve: bool) -> Self {
        self.running.finish().await;
        let running = start(&self.nats, &self.database, auto_approve).await;
        Self { running, ..self }
    }

    pub fn signed_out(&self) -> Client {
        self.running.client()
    }

    pub fn client(&self, user: &TestUser) -> Client {
        self.running.client().with_token(&user.token)
    }

    pub fn posts(&self) -> Posts {
        Posts::new(self.running.context().storage().unwrap())
    }

    /// A post in this status, stored by the service.
    pub async fn post(&self, status: PostStatus) -> PostId {
        let post = Post::new();
        self.publish_post(&post, 1, status).await;
        self.stored(&post, 1).await;
        post.id
    }

    pub async fn published(&self) -> PostId {
        self.post(PostStatus::Published).await
    }

    /// Publishes an event of `post`.
    pub async fn publish_post(&self, post: &Post, version: u64, status: PostStatus) {
        publish(&self.bus, post.event(status), version).await;
    }

    /// Waits until the service has stored `post` at `version`.
    pub async fn stored(&self, post: &Post, version: u64) -> PostReplica {
        eventually("the post is stored", async || {
            let known = self.posts().find(post.id).await.ok()??;
            (known.version >= version).then_some(known)
        })
        .await
    }

    pub async fn comment(&self, user: &TestUser, post: PostId, body: &str) -> Response {
        self.send(user, &json!({ "post_id": post, "body": body })).await
    }

    pub async fn reply(&self, user: &TestUser, post: PostId, parent: &str, body: &str) -> Response {
        let comment = json!({ "post_id": post, "parent_id": parent, "body": body });
        self.send(user, &comment).await
    }

    pub async fn send(&self, user: &TestUser, comment: &Value) -> Response {
        self.client(user).post("/api/comments").json(comment).send().await
    }

    /// Creates a comment and returns its id.
    pub async fn commented(&self, user: &TestUser, post: PostId, body: &str) -> String {
        id(&self.comment(user, post, body).await.expect(201))
    }

    pub async fn get(&self, user: &TestUser, id: &str) -> Response {
        self.client(user).get(&path(id)).send().await
    }

    pub async fn get_signed_out(&self, id: &str) -> Response {
        self.signed_out().get(&path(id)).send().await
    }

    pub async fn edit(&self, user: &TestUser, id: &str, body: &str) -> Response {
        let edit = json!({ "body": body });
        self.client(user).patch(&path(id)).json(&edit).send().await
    }

    pub async fn delete(&self, user: &TestUser, id: &str) -> Response {
        self.client(user).delete(&path(id)).send().await
    }

    /// The first `count` events of comments in the log.
    pub async fn log(&self, count: usize) -> Vec<(CommentFact, CommentState, Received)> {
        let mut reader = LogReader::open(&self.bus, "test", &Checkpoint::default())
            .await
            .unwrap();
        let mut events = Vec::new();
        while events.len() < count {
            let batch = tokio::time::timeout(TIMEOUT, reader.next_batch()).await;
            let entries = batch.expect("the log is shorter").unwrap().entries;
            events.extend(entries.into_iter().filter_map(|entry| match &entry.event.event {
                Event::Comment(fact, state) => Some((*fact, state.clone(), entry.event)),
                _ => None,
            }));
        }
        events
    }

    /// The number of events of comments once all are published.
    pub async fn events(&self) -> usize {
        self.running.settled().await;
        self.events_so_far().await
    }

    /// The number of events of comments in the log.
    pub async fn events_so_far(&self) -> usize {
        let subjects = format!("{SUBJECT_PREFIX}.comment.>");
        let stream = self.bus.jetstream().get_stream(STREAM).await.unwrap();
        let counts = stream.info_with_subjects(subjects).await.unwrap();
        counts
            .try_fold(0, async |sum, (_, count)| Ok(sum + count))
            .await
            .unwrap()
    }

    /// Publishes a verdict on a comment, and waits until the service has applied it.
    pub async fn apply_verdict(
        &self,
        comment: &str,
        revision: u64,
        outcome: Outcome,
        version: u64,
    ) -> EventId {
        let id = publish(&self.bus, verdict(comment, revision, outcome), version).await;
        self.verdicts_handled().await;
        id
    }

    /// Waits until the service has handled every verdict in the log.
    pub async fn verdicts_handled(&self) {
        eventually("the verdicts are handled", async || {
            let consumer = self.bus.jetstream();
            let consumer: PullConsumer = consumer
                .get_consumer_from_stream(COMMENTS_VERDICTS.name, STREAM)
                .await
                .ok()?;
            let info = consumer.get_info().await.ok()?;
            (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
        })
        .await;
    }

    pub async fn finish(self) {
        self.running.finish().await;
        self.database.remove().await;
    }
}

/// A post of the posts service.
pub struct Post {
    pub id: PostId,
    pub author_id: UserId,
}

impl Post {
    pub fn new() -> Self {
        Self {
            id: PostId::generate(),
            author_id: UserId::generate(),
        }
    }

    pub fn token(&self, version: u64) -> String {
        ConsistencyToken::post(self.id, version).to_string()
    }

    pub fn event(&self, status: PostStatus) -> Event {
        let fact = match status {
            PostStatus::Draft | PostStatus::Unknown => PostFact::Created,
            PostStatus::Published => PostFact::Published,
            PostStatus::Deleted => PostFact::Deleted,
        };
        let content = PostContent {
            title: "A post".to_owned(),
            body: "Text".to_owned(),
            summary: None,
            tags: Vec::new(),
            cover: None,
            language: None,
        };
        let now = Timestamp::now();
        let state = PostState {
            id: self.id,
            author_id: self.author_id,
            status,
            slug: None,
            former_slugs: Vec::new(),
            content: (status == PostStatus::Published).then_some(content),
            created_at: now,
            updated_at: now,
            published_at: None,
        };
        Event::Post(fact, state)
    }
}

/// The deletion of `user`.
pub fn user_deleted(user: UserId) -> Event {
    let state = UserState {
        id: user,
        role: Role::Author,
        profile: None,
        created_at: Timestamp::now(),
    };
    Event::User(UserFact::Deleted, state)
}

/// A verdict on the text `revision` of a comment.
pub fn verdict(comment: &str, revision: u64, outcome: Outcome) -> Event {
    let fact = match outcome {
        Outcome::Approved => VerdictFact::Approved,
        Outcome::Rejected => VerdictFact::Rejected,
        Outcome::Flagged | Outcome::Unknown => VerdictFact::Flagged,
    };
    let rejected = outcome != Outcome::Approved;
    let state = VerdictState {
        target: comment.parse::<CommentId>().unwrap().into(),
        revision,
        outcome,
        reason: rejected.then(|| "banned_phrase".to_owned()),
        note: rejected.then(|| "Not in these words".to_owned()),
        decided_by: DecidedBy::Rules,
        rules_revision: 1,
        decided_at: Timestamp::now(),
    };
    Event::Verdict(fact, state)
}

/// Publishes `event` as its owner does, and returns its id.
pub async fn publish(bus: &Bus, event: Event, version: u64) -> EventId {
    let id = EventId::generate();
    let envelope = Envelope {
        id,
        service: "others".to_owned(),
        time: Timestamp::now(),
        aggregate_version: version,
        correlation_id: "test".to_owned(),
        causation_id: None,
        actor: "service:others".to_owned(),
        traceparent: None,
    };
    let message = encode(&envelope, &event).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        headers.insert(name.as_str(), value.as_str());
    }
    let acknowledgement = bus
        .jetstream()
        .publish_with_headers(message.subject, headers, message.payload)
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_secs(10), acknowledgement)
        .await
        .unwrap()
        .unwrap();
    id
}

pub fn path(id: &str) -> String {
    format!("/api/comments/{id}")
}

pub fn id(comment: &Value) -> String {
    comment["id"].as_str().expect("an id").to_owned()
}
