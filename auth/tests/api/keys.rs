//! Signing keys: creation, rotation, publication.

use auth::{
    admin_cli::{AuthCommand, KeysCommand, run},
    config::AuthSettings,
    store::SigningKeys,
};
use common::event::Timestamp;
use jsonwebtoken::decode_header;
use mongodb::bson::{Document, doc};
use runtime::auth::{KEYS_BUCKET, SESSION_LIFETIME, Verifier, watch_identity};
use testkit::{NatsServer, RunningService, TestDatabase, eventually};
use tokio_util::sync::CancellationToken;

use crate::fixture::{Fixture, PASSWORD, TestUser, settings, sign_in};

fn kid(token: &str) -> String {
    decode_header(token).unwrap().kid.unwrap()
}

async fn rotate(fixture: &Fixture) {
    let command = AuthCommand::Keys(KeysCommand::Rotate);
    fixture.operate(command).await.unwrap();
}

async fn kids(running: &RunningService) -> Vec<String> {
    let jwks = running
        .client()
        .get("/api/users/.well-known/jwks.json")
        .send()
        .await
        .expect(200);
    let keys = jwks["keys"].as_array().unwrap();
    assert!(
        keys.iter()
            .all(|key| key["crv"] == "Ed25519" && key.get("d").is_none()),
        "{jwks}"
    );
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn replicas_that_start_together_create_one_key() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("auth"));
    let start = || RunningService::start(auth::service(), &nats, &database, settings());
    let (a, b, c) = tokio::join!(start(), start(), start());
    let known = kids(&a).await;
    assert_eq!(known.len(), 1);
    assert_eq!((&kids(&b).await, &kids(&c).await), (&known, &known));
    let jwks = a.client().get("/api/users/.well-known/jwks.json").send().await;
    assert_eq!(jwks.header("cache-control"), "public, max-age=300");
    for running in [a, b, c] {
        running.finish().await;
    }
    database.remove().await;
}

#[tokio::test]
async fn after_a_rotation_old_tokens_stay_valid_and_new_ones_have_the_new_key() {
    let fixture = Fixture::start().await;
    let other = fixture.replica().await;
    let ann = fixture.sign_up("ann").await;
    let verifier = Verifier::new(false);
    let stop = CancellationToken::new();
    let jetstream = fixture.nats.connect("posts").await.jetstream().clone();
    tokio::spawn(watch_identity(verifier.clone(), jetstream, None, stop.clone()));
    eventually("the key arrives", async || verifier.verify(&ann.token).ok()).await;

    rotate(&fixture).await;

    for running in [&fixture.running, &other] {
        let token = eventually("it signs with the new key", async || {
            let answer = sign_in(&running.client(), "ann", PASSWORD).await.expect(200);
            let user = TestUser::of(&running.client(), &answer);
            // Even the first token: other services have the key.
            verifier.verify(&user.token).unwrap();
            (kid(&user.token) != kid(&ann.token)).then_some(user.token)
        })
        .await;
        assert_eq!(kids(running).await.len(), 2);
        for token in [&token, &ann.token] {
            for running in [&fixture.running, &other] {
                let request = running.client().with_token(token).get("/api/users/me/sessions");
                request.send().await.expect(200);
            }
            verifier.verify(token).unwrap();
        }
    }
    let keys = SigningKeys::new(fixture.running.context().database().unwrap())
        .all()
        .await
        .unwrap();
    assert!(
        keys[0].retired_at.is_some() && keys[1].retired_at.is_none(),
        "{keys:?}"
    );
    stop.cancel();
    other.finish().await;
    fixture.finish().await;
}

#[tokio::test]
async fn an_expired_key_is_removed_and_a_lost_bucket_is_refilled() {
    let fixture = Fixture::start().await;
    let context = fixture.running.context();
    rotate(&fixture).await;
    let old = SigningKeys::new(context.database().unwrap()).all().await.unwrap()[0]
        .kid
        .clone();
    let bucket = context.bus.jetstream().get_key_value(KEYS_BUCKET).await.unwrap();
    assert!(bucket.get(&old).await.unwrap().is_some());

    let long_ago = Timestamp::now().minus(SESSION_LIFETIME * 2).to_string();
    let keys = context.database().unwrap().collection::<Document>("signing_keys");
    let set = doc! { "$set": { "retired_at": long_ago } };
    keys.update_one(doc! { "_id": &old }, set).await.unwrap();
    eventually("the expired key is removed", async || {
        let removed = bucket.get(&old).await.unwrap().is_none();
        (removed && keys.count_documents(doc! {}).await.unwrap() == 1).then_some(())
    })
    .await;
    assert!(!kids(&fixture.running).await.contains(&old));

    fixture
        .nats
        .connect("test")
        .await
        .jetstream()
        .delete_key_value(KEYS_BUCKET)
        .await
        .unwrap();
    fixture.nats.provision().await;
    let current = kids(&fixture.running).await.remove(0);
    eventually("the key is republished", async || {
        let bucket = context.bus.jetstream().get_key_value(KEYS_BUCKET).await.ok()?;
        bucket.get(&current).await.ok()?
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn another_secret_cannot_open_the_key_until_a_rotation() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let other = AuthSettings::with_secret(&"ab".repeat(32));
    let context_settings = RunningService::settings("auth", &fixture.nats, &fixture.database);
    let running = RunningService::start_unready(auth::service(), context_settings, other.clone()).await;
    eventually("it verifies, since public keys need no secret", async || {
        let request = running
            .client()
            .with_token(&ann.token)
            .get("/api/users/me/sessions");
        (request.send().await.status == 200).then_some(())
    })
    .await;
    sign_in(&running.client(), "ann", PASSWORD)
        .await
        .refused(503, "unavailable");

    // The remedy of the error message.
    let command = AuthCommand::Keys(KeysCommand::Rotate);
    run(running.context().clone(), other, command).await.unwrap();
    eventually("it signs", async || {
        (sign_in(&running.client(), "ann", PASSWORD).await.status == 200).then_some(())
    })
    .await;
    running.finish().await;
    fixture.finish().await;
}

#[tokio::test]
async fn without_a_valid_secret_the_service_does_not_start_and_says_why() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("auth"));
    for (secret, hint) in [
        (None, "openssl rand -hex 32"),
        (Some("abc"), "64 hexadecimal digits"),
    ] {
        let own = AuthSettings {
            key_encryption_secret: secret.map(Into::into),
            ..settings()
        };
        let context_settings = RunningService::settings("auth", &nats, &database);
        let refused = auth::service()
            .start(context_settings, own, CancellationToken::new())
            .await;
        let text = common::error::chain(&refused.unwrap_err());
        assert!(
            text.contains("KEY_ENCRYPTION_SECRET") && text.contains(hint),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_operator_creates_the_first_key_once() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("auth"));
    let context_settings = RunningService::settings("auth", &nats, &database);
    let context = auth::service().open(context_settings).await.unwrap();
    for (command, succeeds) in [
        (KeysCommand::List, true),
        (KeysCommand::Generate, true),
        (KeysCommand::Generate, false),
        (KeysCommand::Rotate, true),
        (KeysCommand::List, true),
    ] {
        let result = run(context.clone(), settings(), AuthCommand::Keys(command)).await;
        assert_eq!(result.is_ok(), succeeds, "{command:?}: {result:?}");
    }
    let keys = SigningKeys::new(context.database().unwrap()).all().await.unwrap();
    assert_eq!(
        keys.iter().map(|key| key.published).collect::<Vec<_>>(),
        [true, true]
    );
    database.remove().await;
}
