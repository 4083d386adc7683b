//! The service with its servers, and the events of other services that it consumes.

use std::time::Duration;

use async_nats::HeaderMap;
use common::{
    event::{
        CommentFact, CommentState, CommentStatus, Envelope, Event, PostContent, PostFact, PostState,
        PostStatus, Received, Role, STREAM, SUBJECT_PREFIX, Timestamp, UserFact, UserState, VerdictState,
        encode,
    },
    ids::{CommentId, EventId, PostId, UserId},
};
use futures::TryStreamExt as _;
use moderation::config::ModerationSettings;
use runtime::bus::{Bus, Checkpoint, LogReader};
use serde_json::{Value, json};
use testkit::{
    Client, NatsServer, Response, RunningService, TIMEOUT, TestDatabase, TestIssuer, TestUser, eventually,
};

/// Starts a replica of the service.
pub async fn start(nats: &NatsServer, database: &TestDatabase) -> RunningService {
    RunningService::start(
        moderation::service(),
        nats,
        database,
        ModerationSettings::default(),
    )
    .await
}

pub struct Fixture {
    pub nats: NatsServer,
    pub database: TestDatabase,
    pub running: RunningService,
    /// A connection of another service.
    pub bus: Bus,
    pub issuer: TestIssuer,
    pub ann: TestUser,
    pub bob: TestUser,
    pub moderator: TestUser,
}

impl Fixture {
    pub async fn start() -> Self {
        Self::start_with(TestDatabase::new("moderation")).await
    }

    pub async fn start_with(database: TestDatabase) -> Self {
        let nats = NatsServer::start().await;
        let bus = nats.connect("others").await;
        let issuer = TestIssuer::on(&bus).await;
        let running = start(&nats, &database).await;
        Self {
            ann: issuer.user("ann", Role::Author),
            bob: issuer.user("bob", Role::Author),
            moderator: issuer.user("mod", Role::Moderator),
            issuer,
            nats,
            database,
            running,
            bus,
        }
    }

    /// Another replica of the service.
    pub async fn replica(&self) -> RunningService {
        start(&self.nats, &self.database).await
    }

    /// Stops the service, and starts it again after `meanwhile`.
    pub async fn restarted_after(self, meanwhile: impl Future<Output = ()>) -> Self {
        self.running.finish().await;
        meanwhile.await;
        let running = start(&self.nats, &self.database).await;
        Self { running, ..self }
    }

    pub fn client(&self, user: &TestUser) -> Client {
        self.running.client().with_token(&user.token)
    }

    pub async fn get(&self, user: &TestUser, path: &str) -> Response {
        self.client(user)
            .get(&format!("/api/moderation/{path}"))
            .send()
            .await
    }

    /// Reads as the moderator.
    pub async fn read(&self, path: &str) -> Response {
        self.get(&self.moderator, path).await
    }

    pub async fn post(&self, user: &TestUser, path: &str, body: &Value) -> Response {
        let path = format!("/api/moderation/{path}");
        self.client(user).post(&path).json(body).send().await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Response {
        let path = format!("/api/moderation/{path}");
        self.client(&self.moderator).put(&path).json(body).send().await
    }

    /// Sets valid rules.
    pub async fn set_rules(&self, rules: Value) -> Value {
        self.put("rules", &json!({ "rules": rules })).await.expect(200)
    }

    /// Publishes an event as its owner does.
    pub async fn publish(&self, event: Event, version: u64) -> EventId {
        publish(&self.bus, event, version).await
    }

    /// A comment of Ann's with its case, once it is judged.
    pub async fn judged(&self, text: &str) -> (Comment, Value) {
        let comment = Comment::by(self.ann.id);
        self.publish(comment.created(text), 1).await;
        let case = self.case_at(&comment.path(), 1).await;
        (comment, case)
    }

    /// The case once the text `revision` is judged.
    pub async fn case_at(&self, path: &str, revision: u64) -> Value {
        self.until(path, |case| case["revision"] == revision).await
    }

    /// The case once it is as expected.
    pub async fn until(&self, path: &str, mut expected: impl FnMut(&Value) -> bool) -> Value {
        eventually(path, async || {
            let response = self.read(path).await;
            let case = (response.status == 200).then(|| response.json())?;
            expected(&case).then_some(case)
        })
        .await
    }

    pub async fn decide(&self, path: &str, body: Value) -> Response {
        self.put(path, &body).await
    }

    pub async fn report(&self, user: &TestUser, kind: &str, id: impl ToString, reason: &str) -> Response {
        let report = json!({ "target": { "kind": kind, "id": id.to_string() }, "reason": reason });
        self.post(user, "reports", &report).await
    }

    /// `count` users report a comment.
    pub async fn reported_by(&self, comment: &Comment, count: usize) -> Vec<TestUser> {
        let mut reporters = Vec::new();
        for number in 0..count {
            let user = self.issuer.user(&format!("reporter{number}"), Role::Author);
            self.report(&user, "comment", comment.id, "abuse")
                .await
                .expect(201);
            reporters.push(user);
        }
        reporters
    }

    /// The first `count` events of `aggregate` in the log.
    pub async fn log(&self, aggregate: &str, count: usize) -> Vec<Received> {
        let mut reader = LogReader::open(&self.bus, "test", &Checkpoint::default())
            .await
            .unwrap();
        let mut events = Vec::new();
        while events.len() < count {
            let batch = tokio::time::timeout(TIMEOUT, reader.next_batch()).await;
            let entries = batch.expect("the log is shorter").unwrap().entries;
            let of_it = |event: &Received| event.type_name.starts_with(&format!("blog.{aggregate}."));
            events.extend(entries.into_iter().map(|entry| entry.event).filter(of_it));
        }
        events
    }

    /// The first `count` verdicts in the log.
    pub async fn verdicts(&self, count: usize) -> Vec<(VerdictState, Received)> {
        let read = |received: Received| match &received.event {
            Event::Verdict(_, state) => (state.clone(), received),
            other => unreachable!("{other:?}"),
        };
        self.log("verdict", count).await.into_iter().map(read).collect()
    }

    /// The number of events of `aggregate` once everything is published.
    pub async fn events(&self, aggregate: &str) -> usize {
        // First the verdicts on what was consumed are committed, then they are published.
        self.running.settled().await;
        self.running.settled().await;
        let subjects = format!("{SUBJECT_PREFIX}.{aggregate}.>");
        let stream = self.bus.jetstream().get_stream(STREAM).await.unwrap();
        let counts = stream.info_with_subjects(subjects).await.unwrap();
        counts
            .try_fold(0, async |sum, (_, count)| Ok(sum + count))
            .await
            .unwrap()
    }

    pub async fn finish(self) {
        self.running.finish().await;
        self.database.remove().await;
    }
}

/// A comment of the comments service.
#[derive(Debug, Clone, Copy)]
pub struct Comment {
    pub id: CommentId,
    pub post_id: PostId,
    pub author_id: UserId,
}

impl Comment {
    pub fn by(author_id: UserId) -> Self {
        Self {
            id: CommentId::generate(),
            post_id: PostId::generate(),
            author_id,
        }
    }

    pub fn path(&self) -> String {
        format!("comments/{}", self.id)
    }

    pub fn state(&self, revision: u32, text: &str) -> CommentState {
        CommentState {
            id: self.id,
            post_id: self.post_id,
            parent_id: None,
            author_id: Some(self.author_id),
            status: CommentStatus::Pending,
            revision,
            body: Some(text.to_owned()),
            approved: None,
            reason: None,
            created_at: Timestamp::now(),
            edited_at: None,
        }
    }

    pub fn created(&self, text: &str) -> Event {
        Event::Comment(CommentFact::Created, self.state(1, text))
    }

    pub fn edited(&self, revision: u32, text: &str) -> Event {
        Event::Comment(CommentFact::Edited, self.state(revision, text))
    }

    pub fn deleted(&self) -> Event {
        let state = CommentState {
            status: CommentStatus::Deleted,
            body: None,
            ..self.state(1, "")
        };
        Event::Comment(CommentFact::Deleted, state)
    }
}

/// A post of the posts service.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    pub id: PostId,
    pub author_id: UserId,
}

impl Post {
    pub fn by(author_id: UserId) -> Self {
        Self {
            id: PostId::generate(),
            author_id,
        }
    }

    pub fn path(&self) -> String {
        format!("posts/{}", self.id)
    }

    fn state(&self, status: PostStatus, content: Option<PostContent>) -> PostState {
        let now = Timestamp::now();
        PostState {
            id: self.id,
            author_id: self.author_id,
            status,
            slug: Some("a-post".to_owned()),
            former_slugs: Vec::new(),
            content,
            created_at: now,
            updated_at: now,
            published_at: None,
        }
    }

    /// It is public with this text.
    pub fn with_text(&self, fact: PostFact, body: &str, tag: &str) -> Event {
        let content = PostContent {
            title: "A post".to_owned(),
            body: body.to_owned(),
            summary: None,
            tags: vec![tag.to_owned()],
            cover: None,
            language: None,
        };
        Event::Post(fact, self.state(PostStatus::Published, Some(content)))
    }

    pub fn drafted(&self, fact: PostFact) -> Event {
        Event::Post(fact, self.state(PostStatus::Draft, None))
    }

    pub fn deleted(&self) -> Event {
        Event::Post(PostFact::Deleted, self.state(PostStatus::Deleted, None))
    }
}

pub fn user(fact: UserFact, id: UserId, created_at: Timestamp) -> Event {
    let state = UserState {
        id,
        role: Role::Author,
        profile: None,
        created_at,
    };
    Event::User(fact, state)
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

/// Rules that reject one word.
pub fn banning(word: &str) -> Value {
    json!({ "phrases": [{ "name": "banned", "action": "reject", "phrases": [word] }] })
}
