//! The service on servers of the test, and its users.

use async_nats::HeaderMap;
use common::{
    api::{Page, posts::PostSource},
    event::{Envelope, Event, PostFact, PostState, ReactionFact, Role, STREAM, Timestamp, encode},
    ids::{EventId, UserId},
};
use posts::config::PostsSettings;
use runtime::bus::{Bus, LogEntry, LogReader};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testkit::{Client, NatsServer, Response, RunningService, TestDatabase, TestIssuer, eventually};

pub struct Fixture {
    pub nats: NatsServer,
    pub database: TestDatabase,
    pub bus: Bus,
    pub issuer: TestIssuer,
    running: Option<RunningService>,
}

/// A signed-in user.
#[derive(Clone)]
pub struct Author {
    pub id: UserId,
    pub client: Client,
}

impl Fixture {
    pub async fn start() -> Self {
        Self::with(PostsSettings::default()).await
    }

    pub async fn with(settings: PostsSettings) -> Self {
        Self::on(TestDatabase::new("posts"), settings).await
    }

    pub async fn on(database: TestDatabase, settings: PostsSettings) -> Self {
        let nats = NatsServer::start().await;
        let bus = nats.connect("test").await;
        let issuer = TestIssuer::on(&bus).await;
        let running = RunningService::start(posts::service(), &nats, &database, settings).await;
        Self {
            nats,
            database,
            bus,
            issuer,
            running: Some(running),
        }
    }

    pub fn running(&self) -> &RunningService {
        self.running.as_ref().unwrap()
    }

    pub fn anonymous(&self) -> Client {
        self.running().client()
    }

    pub fn author(&self, name: &str) -> Author {
        self.author_of(UserId::generate(), name)
    }

    pub fn author_of(&self, id: UserId, name: &str) -> Author {
        let user = self.issuer.sign_in(id, name, Role::Author);
        Author {
            id,
            client: self.anonymous().with_token(user.token),
        }
    }

    pub async fn stop_service(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub async fn start_service(&mut self) {
        let running = RunningService::start(
            posts::service(),
            &self.nats,
            &self.database,
            PostsSettings::default(),
        )
        .await;
        self.running = Some(running);
    }

    /// All events in the log, once everything committed is published.
    pub async fn log(&self) -> Vec<LogEntry> {
        self.running().settled().await;
        let count = self.log_length().await;
        let mut reader = LogReader::open(&self.bus, "test", &Default::default())
            .await
            .unwrap();
        let mut entries = Vec::new();
        while (entries.len() as u64) < count {
            entries.extend(reader.next_batch().await.unwrap().entries);
        }
        entries
    }

    async fn log_length(&self) -> u64 {
        let stream = self.bus.jetstream().get_stream(STREAM).await.unwrap();
        stream.cached_info().state.messages
    }

    /// Facts and states of the post `id`, in order.
    pub async fn events_of(&self, id: &str) -> Vec<(PostFact, PostState)> {
        let of_post = |entry: LogEntry| match entry.event.event {
            Event::Post(fact, state) if state.id.to_string() == id => Some((fact, state)),
            _ => None,
        };
        self.log().await.into_iter().filter_map(of_post).collect()
    }

    pub async fn facts_of(&self, id: &str) -> Vec<PostFact> {
        self.events_of(id)
            .await
            .into_iter()
            .map(|(fact, _)| fact)
            .collect()
    }

    pub async fn reaction_facts(&self) -> Vec<ReactionFact> {
        let of_reaction = |entry: LogEntry| match entry.event.event {
            Event::Reaction(fact, _) => Some(fact),
            _ => None,
        };
        self.log().await.into_iter().filter_map(of_reaction).collect()
    }

    /// Subjects, headers and bodies of the log as one text.
    pub async fn raw_log(&self) -> String {
        self.running().settled().await;
        let stream = self.bus.jetstream().get_stream(STREAM).await.unwrap();
        let mut text = String::new();
        for sequence in 1..=stream.cached_info().state.last_sequence {
            let message = stream.get_raw_message(sequence).await.unwrap();
            let payload = String::from_utf8_lossy(&message.payload).into_owned();
            text.push_str(&format!("{} {:?} {payload}\n", message.subject, message.headers));
        }
        text
    }

    /// Publishes `event` as another service.
    pub async fn publish(&self, service: &str, event: &Event, version: u64) {
        let envelope = Envelope {
            id: EventId::generate(),
            service: service.to_owned(),
            time: Timestamp::now(),
            aggregate_version: version,
            correlation_id: "test".to_owned(),
            causation_id: None,
            actor: format!("service:{service}"),
            traceparent: None,
        };
        let message = encode(&envelope, event).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in &message.headers {
            headers.insert(name.as_str(), value.as_str());
        }
        let jetstream = self.bus.jetstream();
        let published = jetstream.publish_with_headers(message.subject, headers, message.payload);
        published.await.unwrap().await.unwrap();
    }

    /// Stops the service, and fails if an event is left unpublished.
    pub async fn finish(mut self) {
        self.running.take().unwrap().finish().await;
        self.database.remove().await;
    }
}

impl Author {
    pub async fn post(&self, body: &Value) -> Response {
        self.client.post("/api/posts").json(body).send().await
    }

    /// Creates a draft or published post, and returns its id.
    pub async fn write(&self, title: &str, status: &str) -> String {
        let body = json!({ "title": title, "body": format!("About {title}."), "status": status });
        self.post(&body).await.expect(201)["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn read(&self, id: &str) -> Response {
        self.client.get(&format!("/api/posts/{id}")).send().await
    }

    pub async fn edit(&self, id: &str, change: &Value) -> Response {
        self.client
            .patch(&format!("/api/posts/{id}"))
            .json(change)
            .send()
            .await
    }

    pub async fn edit_version(&self, id: &str, version: u64, change: &Value) -> Response {
        let request = self.client.patch(&format!("/api/posts/{id}"));
        request
            .header("if-match", format!("\"{version}\""))
            .json(change)
            .send()
            .await
    }

    pub async fn delete(&self, id: &str) -> Response {
        self.client.delete(&format!("/api/posts/{id}")).send().await
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(path).send().await
    }

    /// The post as the shared type of the API.
    pub async fn source(&self, id: &str) -> PostSource {
        parse(self.read(id).await.expect(200))
    }

    /// The page at `path` as the shared type of the API.
    pub async fn page<T: DeserializeOwned>(&self, path: &str) -> Page<T> {
        parse(self.get(path).await.expect(200))
    }

    /// Waits until the post has that status.
    pub async fn sees(&self, id: &str, status: &str) -> Value {
        eventually(&format!("the post is {status}"), async || {
            let post = self.read(id).await.json();
            (post["status"] == status).then_some(post)
        })
        .await
    }
}

/// A response body as a shared type of the API.
pub fn parse<T: DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}
