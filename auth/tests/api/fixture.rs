//! The service on servers of the test's own, and people who use it.

use std::time::Duration;

use auth::{
    config::AuthSettings,
    signing::{Sealer, SigningKey},
    store::SigningKeys,
};
use common::{
    event::{Event, UserState},
    ids::{SessionId, UserId},
};
use runtime::{
    bus::{LogEntry, LogReader},
    config::Secret,
};
use serde_json::{Value, json};
use testkit::{Client, NatsServer, Response, RunningService, TestDatabase};

pub const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
pub const PASSWORD: &str = "a fine long password";

pub struct Fixture {
    pub nats: NatsServer,
    pub database: TestDatabase,
    pub running: RunningService,
}

/// Somebody signed in with a bearer token.
pub struct Person {
    pub id: UserId,
    pub username: String,
    pub token: String,
    pub client: Client,
}

pub fn settings() -> AuthSettings {
    AuthSettings::with_secret(SECRET)
}

impl Fixture {
    pub async fn start() -> Self {
        Self::start_with(settings()).await
    }

    pub async fn start_with(settings: AuthSettings) -> Self {
        let nats = NatsServer::start().await;
        let database = TestDatabase::new("auth");
        let running = RunningService::start(auth::service(), &nats, &database, settings).await;
        Self {
            nats,
            database,
            running,
        }
    }

    /// Another replica on the same servers.
    pub async fn replica(&self) -> RunningService {
        RunningService::start(auth::service(), &self.nats, &self.database, settings()).await
    }

    pub fn client(&self) -> Client {
        self.running.client()
    }

    pub async fn sign_up(&self, username: &str) -> Person {
        let mut body = registration(username);
        body["token"] = true.into();
        let answer = self.client().post("/api/users/signup").json(&body).send().await;
        Person::of(&self.client(), &answer.expect(201))
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Response {
        sign_in(&self.client(), login, password).await
    }

    /// Another session of `person`.
    pub async fn again(&self, person: &Person) -> Person {
        let answer = self.sign_in(&person.username, PASSWORD).await;
        Person::of(&self.client(), &answer.expect(200))
    }

    /// Everything in the log, `count` events.
    pub async fn log(&self, count: usize) -> Vec<LogEntry> {
        // The service itself may not read the log.
        let bus = self.nats.connect("test").await;
        let mut reader = LogReader::open(&bus, "test", &Default::default()).await.unwrap();
        let mut entries = Vec::new();
        while entries.len() < count {
            let batch = tokio::time::timeout(Duration::from_secs(20), reader.next_batch()).await;
            entries.extend(batch.expect("the log is shorter").unwrap().entries);
        }
        assert_eq!(entries.len(), count, "{entries:?}");
        entries
    }

    /// What the service signs with.
    pub async fn signing_key(&self) -> SigningKey {
        let keys = SigningKeys::new(self.running.context().database().unwrap())
            .all()
            .await
            .unwrap();
        let key = keys.last().unwrap();
        let sealer = Sealer::new(&Secret::from(SECRET)).unwrap();
        SigningKey::open(&sealer, &key.kid, &key.sealed).unwrap()
    }

    /// Everything private of a user as the database holds it.
    pub async fn document(&self, id: UserId) -> mongodb::bson::Document {
        let users = self.running.context().database().unwrap().collection("users");
        let by_id = mongodb::bson::doc! { "_id": id.to_string() };
        users.find_one(by_id).await.unwrap().unwrap()
    }

    pub async fn finish(self) {
        self.running.finish().await;
        self.database.remove().await;
    }
}

impl Person {
    pub fn of(client: &Client, signed_in: &Value) -> Self {
        let token = signed_in["token"].as_str().unwrap().to_owned();
        Self {
            id: signed_in["user"]["id"].as_str().unwrap().parse().unwrap(),
            username: signed_in["user"]["username"].as_str().unwrap().to_owned(),
            client: client.with_token(&token),
            token,
        }
    }

    pub fn session(&self) -> SessionId {
        claims(&self.token)["sid"].as_str().unwrap().parse().unwrap()
    }

    /// Their answer of currentuser.
    pub async fn current(&self) -> Response {
        self.client.get("/api/users/currentuser").send().await
    }
}

pub fn registration(username: &str) -> Value {
    json!({ "username": username, "email": format!("{username}@example.org"), "password": PASSWORD })
}

pub async fn sign_in(client: &Client, login: &str, password: &str) -> Response {
    let body = json!({ "login": login, "password": password, "token": true });
    client.post("/api/users/signin").json(&body).send().await
}

/// What a token says, without checking it.
pub fn claims(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// The value of the session cookie that an answer sets, with its attributes.
pub fn session_cookie(answer: &Response) -> Option<String> {
    let mut cookies = answer.headers("set-cookie").into_iter();
    cookies.find_map(|cookie| cookie.strip_prefix("session=").map(str::to_owned))
}

/// The token in the session cookie that an answer sets.
pub fn cookie_token(answer: &Response) -> String {
    let cookie = session_cookie(answer).unwrap_or_else(|| panic!("no cookie: {answer:?}"));
    cookie.split(';').next().unwrap().to_owned()
}

pub fn user(entry: &LogEntry) -> (&'static str, UserState) {
    match &entry.event.event {
        Event::User(fact, state) => (fact.type_name(), state.clone()),
        other => panic!("not of a user: {other:?}"),
    }
}
