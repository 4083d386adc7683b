//! The service on servers of the test, and its users.

use std::time::Duration;

use auth::{
    admin_cli::{AuthCommand, run},
    config::AuthSettings,
    signing::{Sealer, SigningKey},
    store::SigningKeys,
};
use common::{
    api::{
        Page,
        users::{SessionEntry, TokenResponse},
    },
    event::{Event, Role, UserState},
    ids::{SessionId, UserId},
};
use runtime::{
    bus::{LogEntry, LogReader},
    config::Secret,
    service::StartError,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testkit::{Client, NatsServer, Response, RunningService, TestDatabase};

pub const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
pub const PASSWORD: &str = "a fine long password";

pub struct Fixture {
    pub nats: NatsServer,
    pub database: TestDatabase,
    pub running: RunningService,
}

/// A user signed in with a bearer token.
pub struct TestUser {
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

    pub async fn sign_up(&self, username: &str) -> TestUser {
        let mut body = registration(username);
        body["token"] = true.into();
        let answer = self.client().post("/api/users/signup").json(&body).send().await;
        TestUser::of(&self.client(), &answer.expect(201))
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Response {
        sign_in(&self.client(), login, password).await
    }

    /// Starts another session of `user`.
    pub async fn again(&self, user: &TestUser) -> TestUser {
        let answer = self.sign_in(&user.username, PASSWORD).await;
        TestUser::of(&self.client(), &answer.expect(200))
    }

    /// Runs an operator command with connections of its own, beside the running service.
    pub async fn operate(&self, command: AuthCommand) -> Result<(), StartError> {
        let platform = RunningService::settings("auth", &self.nats, &self.database);
        let context = auth::service().open(platform).await?;
        run(context, settings(), command).await
    }

    /// Grants `role` to the user as the operator.
    pub async fn grant(&self, username: &str, role: Role) -> Result<(), StartError> {
        let username = username.to_owned();
        self.operate(AuthCommand::GrantRole { username, role }).await
    }

    /// All events in the log, which are `count`.
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

    /// The key that the service signs with.
    pub async fn signing_key(&self) -> SigningKey {
        let keys = SigningKeys::new(self.running.context().database().unwrap())
            .all()
            .await
            .unwrap();
        let key = keys.last().unwrap();
        let sealer = Sealer::new(&Secret::from(SECRET)).unwrap();
        SigningKey::open(&sealer, &key.kid, &key.sealed).unwrap()
    }

    /// The stored document of a user, with the private part.
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

impl TestUser {
    pub fn of(client: &Client, signed_in: &Value) -> Self {
        let TokenResponse { user, token, .. } = parse(signed_in.clone());
        Self {
            id: user.id,
            username: user.username,
            client: client.with_token(&token),
            token,
        }
    }

    pub fn session(&self) -> SessionId {
        claims(&self.token)["sid"].as_str().unwrap().parse().unwrap()
    }

    /// A page of the user's sessions.
    pub async fn sessions(&self, query: &str) -> Page<SessionEntry> {
        let path = format!("/api/users/me/sessions{query}");
        parse(self.client.get(&path).send().await.expect(200))
    }

    /// The response of currentuser.
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

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// The value of the session cookie that a response sets, with its attributes.
pub fn session_cookie(answer: &Response) -> Option<String> {
    let mut cookies = answer.headers("set-cookie").into_iter();
    cookies.find_map(|cookie| cookie.strip_prefix("session=").map(str::to_owned))
}

/// The token in the session cookie that a response sets.
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

/// A response body as a shared type of the API.
pub fn parse<T: DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}
