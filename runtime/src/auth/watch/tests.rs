//! With a real nats-server, whose path is in `INKSTREAM_NATS_SERVER`.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Instant,
};

use async_nats::{
    ConnectOptions,
    jetstream::{Context, kv},
};
use common::claims::Claims;
use uuid::Uuid;

use super::*;
use testkit::TestIssuer;

/// Longer than the poll for a replaced bucket and the pauses between attempts.
const TIMEOUT: Duration = Duration::from_secs(20);

struct Server {
    port: u16,
    dir: PathBuf,
    process: Option<Child>,
}

impl Server {
    fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let dir = std::env::temp_dir().join(format!("inkstream-watch-{}", Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        Self {
            port,
            dir,
            process: None,
        }
    }

    fn start(&mut self) {
        let binary = std::env::var("INKSTREAM_NATS_SERVER").expect(
            "INKSTREAM_NATS_SERVER must name a nats-server 2.12 or newer; `cargo xtask test` sets it",
        );
        let process = Command::new(&binary)
            .args(["-js", "-a", "127.0.0.1", "-p", &self.port.to_string(), "-sd"])
            .arg(self.dir.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{binary} (INKSTREAM_NATS_SERVER) does not start: {error}"));
        self.process = Some(process);
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn wipe(&self) {
        fs::remove_dir_all(self.dir.join("data")).unwrap();
    }

    async fn connect(&self) -> Context {
        let client = ConnectOptions::new()
            .retry_on_initial_connect()
            .reconnect_delay_callback(|_| Duration::from_millis(50))
            .request_timeout(Some(Duration::from_secs(1)))
            .connect(format!("127.0.0.1:{}", self.port))
            .await
            .unwrap();
        jetstream::new(client)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A verifier that watches, and the auth service's access to the buckets.
struct Fixture {
    server: Server,
    js: Context,
    verifier: Verifier,
    shutdown: CancellationToken,
}

impl Fixture {
    async fn new() -> Self {
        let server = Server::new();
        let (verifier, shutdown) = (Verifier::new(false), CancellationToken::new());
        // A separate connection, as of another service.
        let watching = server.connect().await;
        let state_dir = Some(server.dir.join("state"));
        tokio::spawn(watch_identity(
            verifier.clone(),
            watching,
            state_dir,
            shutdown.clone(),
        ));
        Self {
            js: server.connect().await,
            server,
            verifier,
            shutdown,
        }
    }

    async fn bucket(&self, name: &str) -> kv::Store {
        let config = kv::Config {
            bucket: name.to_owned(),
            ..kv::Config::default()
        };
        let started = Instant::now();
        loop {
            match self.js.create_or_update_key_value(config.clone()).await {
                Ok(store) => return store,
                Err(error) => assert!(started.elapsed() < TIMEOUT, "no bucket: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn publish(&self, issuer: &TestIssuer, kid: &str) {
        let jwk = serde_json::to_vec(&issuer.jwk()).unwrap();
        self.bucket(KEYS_BUCKET).await.put(kid, jwk.into()).await.unwrap();
    }

    async fn revoke(&self, claims: &Claims) {
        let until = claims.expires_at().to_string();
        let store = self.bucket(REVOCATIONS_BUCKET).await;
        store.put(claims.sid.to_string(), until.into()).await.unwrap();
    }

    async fn eventually(&self, what: &str, mut holds: impl FnMut(&Verifier) -> bool) -> Duration {
        let started = Instant::now();
        while !holds(&self.verifier) {
            assert!(started.elapsed() < TIMEOUT, "not within {TIMEOUT:?}: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        started.elapsed()
    }

    fn kids(&self) -> Vec<String> {
        self.verifier.keys().kids().map(str::to_owned).collect()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_and_revocations_are_added_and_removed() {
    // The watch starts before the server, and the server before the bucket exists.
    let mut fixture = Fixture::new().await;
    let (first, second) = (TestIssuer::new("first"), TestIssuer::new("second"));
    assert!(!fixture.verifier.ready());
    fixture.server.start();

    fixture.publish(&first, "first").await;
    let claims = first.claims();
    let token = first.sign(&claims);
    fixture
        .eventually("a key is received", |verifier| verifier.verify(&token).is_ok())
        .await;
    // The bucket of revocations comes later than that of the keys; wait until it is watched, too.
    let other = first.claims();
    fixture.revoke(&other).await;
    fixture
        .eventually("the late bucket is watched", |verifier| {
            verifier.revocations().is_revoked(other.sid)
        })
        .await;

    fixture.revoke(&claims).await;
    let took = fixture
        .eventually("a revocation is received", |verifier| {
            verifier.verify(&token).is_err()
        })
        .await;
    assert!(took < bucket::IDENTITY_POLL, "{took:?}: not pushed");

    fixture.publish(&second, "second").await;
    let token = second.sign(&second.claims());
    let took = fixture
        .eventually("a rotation is received", |verifier| {
            verifier.verify(&token).is_ok()
        })
        .await;
    assert!(took < bucket::IDENTITY_POLL, "{took:?}: not pushed");
    fixture.bucket(KEYS_BUCKET).await.delete("first").await.unwrap();
    fixture
        .eventually("a removal is received", |verifier| {
            verifier.keys().kids().eq(["second"])
        })
        .await;

    let saved = fixture.server.dir.join("state/keys.json");
    fixture
        .eventually("the set is saved", |_| {
            fs::read_to_string(&saved).is_ok_and(|json| json.contains("second") && !json.contains("first"))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_during_an_outage_are_received_after_it() {
    let mut fixture = Fixture::new().await;
    fixture.server.start();
    let [first, second] = [TestIssuer::new("first"), TestIssuer::new("second")];
    fixture.publish(&first, "first").await;
    fixture.bucket(REVOCATIONS_BUCKET).await;
    fixture.eventually("a key is received", Verifier::ready).await;

    for round in 0..2 {
        fixture.server.kill();
        let claims = first.claims();
        let token = first.sign(&claims);
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(
            fixture.verifier.verify(&token).is_ok(),
            "a key was lost while the bus was unavailable"
        );
        fixture.server.start();
        fixture.revoke(&claims).await;
        fixture
            .eventually(&format!("a revocation after restart {round}"), |verifier| {
                verifier.verify(&token).is_err()
            })
            .await;
    }
    fixture.publish(&second, "second").await;
    fixture
        .eventually("a key after a restart", |verifier| {
            verifier.keys().kids().eq(["first", "second"])
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wiped_store_is_detected() {
    let mut fixture = Fixture::new().await;
    fixture.server.start();
    let [first, second] = [TestIssuer::new("first"), TestIssuer::new("second")];
    // The sequence of the old store is ahead of that of the new one.
    for _ in 0..5 {
        fixture.publish(&first, "first").await;
    }
    let ended = first.claims();
    fixture.revoke(&ended).await;
    let token = first.sign(&ended);
    fixture
        .eventually("keys and revocations are received", |verifier| {
            verifier.ready() && verifier.verify(&token).is_err()
        })
        .await;

    fixture.server.kill();
    fixture.server.wipe();
    fixture.server.start();
    fixture.bucket(REVOCATIONS_BUCKET).await;
    fixture.bucket(KEYS_BUCKET).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        fixture.kids(),
        ["first"],
        "an empty bucket after a loss is ignored"
    );

    fixture.publish(&second, "second").await;
    let later = second.claims();
    let later_token = second.sign(&later);
    fixture
        .eventually("a key of the new store", |verifier| {
            verifier.verify(&later_token).is_ok()
        })
        .await;
    fixture.revoke(&later).await;
    fixture
        .eventually("a revocation of the new store", |verifier| {
            verifier.verify(&later_token).is_err()
        })
        .await;
    let ended_code = fixture.verifier.verify(&token).unwrap_err().code();
    assert_eq!(
        ended_code,
        common::error::ErrorCode::SessionRevoked,
        "an ended session was reactivated"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recreated_bucket_is_detected_without_a_reconnection() {
    let mut fixture = Fixture::new().await;
    fixture.server.start();
    let [first, second] = [TestIssuer::new("first"), TestIssuer::new("second")];
    for _ in 0..5 {
        fixture.publish(&first, "first").await;
    }
    fixture.eventually("a key is received", Verifier::ready).await;
    fixture.js.delete_key_value(KEYS_BUCKET).await.unwrap();
    fixture.publish(&second, "second").await;
    fixture
        .eventually("only the new bucket counts", |verifier| {
            verifier.keys().kids().eq(["second"])
        })
        .await;
}
