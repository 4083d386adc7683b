//! Deleting the own account.

use common::event::Event;
use serde_json::json;
use testkit::eventually;

use crate::fixture::{Fixture, PASSWORD, registration, session_cookie, user};

#[tokio::test]
async fn a_deletion_removes_everything_private_and_releases_the_name() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let phone = fixture.again(&ann).await;
    let answer = ann
        .client
        .delete("/api/users/me")
        .json(&json!({ "password": PASSWORD }))
        .send()
        .await;
    answer.expect(204);
    assert_eq!(answer.consistency_token(), format!("user:{}@2", ann.id));
    assert!(session_cookie(&answer).unwrap().contains("Max-Age=0"));

    for user in [&ann, &phone] {
        user.client
            .get("/api/users/me/sessions")
            .send()
            .await
            .refused(401, "session_revoked");
    }
    fixture
        .sign_in("ann", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    let log = fixture.log(2).await;
    let (kind, state) = user(&log[1]);
    assert_eq!(
        (kind, state.id, state.profile),
        ("blog.user.deleted.v1", ann.id, None)
    );
    eventually("nothing private remains", async || {
        let document = fixture.document(ann.id).await;
        let text = format!("{document:?}");
        let private = ["email", "email_key", "username_key", "password_hash"];
        let gone = private.iter().all(|field| !document.contains_key(field));
        let cleanups = document.get_array("cleanups").unwrap();
        (gone && cleanups.is_empty() && !text.contains("example.org") && !text.contains("argon2"))
            .then_some(())
    })
    .await;

    let again = fixture
        .client()
        .post("/api/users/signup")
        .json(&registration("ann"))
        .send()
        .await;
    assert_ne!(again.expect(201)["id"], ann.id.to_string());
    fixture.finish().await;
}

#[tokio::test]
async fn a_deletion_ends_follows_of_and_by_the_user() {
    let fixture = Fixture::start().await;
    let (ann, bob, cid) = (
        fixture.sign_up("ann").await,
        fixture.sign_up("bob").await,
        fixture.sign_up("cid").await,
    );
    for (follower, followee) in [(&ann, &bob), (&bob, &ann), (&cid, &ann), (&cid, &bob)] {
        let path = format!("/api/users/{}/follow", followee.id);
        follower.client.put(&path).send().await.expect(204);
    }
    ann.client
        .delete("/api/users/me")
        .json(&json!({ "password": PASSWORD }))
        .send()
        .await
        .expect(204);

    let log = fixture.log(3 + 4 + 1 + 3).await;
    let ended: Vec<_> = log
        .iter()
        .filter_map(|entry| match &entry.event.event {
            Event::Follow(_, follow) if !follow.active => Some((follow.follower_id, follow.followee_id)),
            _ => None,
        })
        .collect();
    assert_eq!(ended.len(), 3);
    assert!(
        ended
            .iter()
            .all(|(follower, followee)| *follower == ann.id || *followee == ann.id)
    );
    let path = format!("/api/users/{}/follow", ann.id);
    bob.client.put(&path).send().await.refused(404, "not_found");
    fixture.finish().await;
}

#[tokio::test]
async fn a_deletion_requires_the_password_and_the_version() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let delete = || ann.client.delete("/api/users/me");
    delete()
        .json(&json!({}))
        .send()
        .await
        .refused_field(422, "required", "password");
    delete()
        .json(&json!({ "password": "wrong password" }))
        .send()
        .await
        .refused(401, "invalid_credentials");
    let stale = delete()
        .header("if-match", "\"9\"")
        .json(&json!({ "password": PASSWORD }));
    stale.send().await.refused(412, "version_mismatch");
    let stranger = fixture
        .client()
        .delete("/api/users/me")
        .json(&json!({ "password": PASSWORD }));
    stranger.send().await.refused(401, "unauthenticated");
    ann.client.get("/api/users/me/sessions").send().await.expect(200);
    fixture.sign_in("ann", PASSWORD).await.expect(200);
    fixture.log(1).await;
    fixture.finish().await;
}

/// A demotion ends all sessions; a later change of the password keeps one.
#[tokio::test]
async fn a_later_cleanup_does_not_replace_a_stricter_one() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let users = fixture
        .running
        .context()
        .database()
        .unwrap()
        .collection::<mongodb::bson::Document>("users");
    let demotion = mongodb::bson::doc! {
        "at": "2026-01-01T00:00:00.000Z", "keep_session": null, "account_gone": false,
    };
    let push = mongodb::bson::doc! { "$push": { "cleanups": demotion } };
    users
        .update_one(mongodb::bson::doc! { "_id": ann.id.to_string() }, push)
        .await
        .unwrap();
    let change =
        serde_json::json!({ "current_password": PASSWORD, "new_password": "a quite different phrase" });
    let changed = ann
        .client
        .put("/api/users/me/password")
        .json(&change)
        .send()
        .await;
    // Unless the periodic cleanup was faster.
    assert!([204, 401].contains(&changed.status), "{changed:?}");

    eventually("both have run", async || {
        let document = fixture.document(ann.id).await;
        document.get_array("cleanups").unwrap().is_empty().then_some(())
    })
    .await;
    ann.client
        .get("/api/users/me/sessions")
        .send()
        .await
        .refused(401, "session_revoked");
    fixture.finish().await;
}

#[tokio::test]
async fn a_cleanup_that_a_crash_left_pending_is_run_by_the_next_process() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.sign_up("ann").await, fixture.sign_up("bob").await);
    bob.client
        .put(&format!("/api/users/{}/follow", ann.id))
        .send()
        .await
        .expect(204);
    let users = fixture
        .running
        .context()
        .database()
        .unwrap()
        .collection::<mongodb::bson::Document>("users");
    // The state after a process was killed right after its commit, as this release and as an earlier one writes it.
    let cleanup = mongodb::bson::doc! {
        "at": "2026-01-01T00:00:00.000Z", "keep_session": null, "account_gone": true,
    };
    let (cleanups, earlier) = ("cleanups".to_owned(), "unfinished".to_owned());
    for (user, field, value) in [
        (&ann, cleanups, mongodb::bson::Bson::from(vec![cleanup.clone()])),
        (&bob, earlier, cleanup.into()),
    ] {
        let set = mongodb::bson::doc! { "$set": { field: value } };
        users
            .update_one(mongodb::bson::doc! { "_id": user.id.to_string() }, set)
            .await
            .unwrap();
    }

    let other = fixture.replica().await;

    eventually("the cleanups have run", async || {
        let (ann, bob) = (fixture.document(ann.id).await, fixture.document(bob.id).await);
        let is_done = ann.get_array("cleanups").unwrap().is_empty() && !bob.contains_key("unfinished");
        is_done.then_some(())
    })
    .await;
    for user in [&ann, &bob] {
        eventually("the session has ended", async || {
            (user.client.get("/api/users/me/sessions").send().await.status == 401).then_some(())
        })
        .await;
    }
    fixture.log(4).await;
    other.finish().await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_cleanup_that_fails_holds_up_no_other() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.sign_up("ann").await, fixture.sign_up("bob").await);
    let follow = format!("/api/users/{}/follow", bob.id);
    ann.client.put(&follow).send().await.expect(204);
    let database = fixture.running.context().database().unwrap().clone();
    let documents = |name| database.collection::<mongodb::bson::Document>(name);
    let unreadable = mongodb::bson::doc! { "$set": { "state.changed_at": "never" } };
    let follows = documents("follows");
    follows
        .update_one(mongodb::bson::doc! {}, unreadable)
        .await
        .unwrap();
    // The older one fails because of the follow.
    for (user, at, account_gone) in [
        (&ann, "2026-01-01T00:00:00.000Z", true),
        (&bob, "2026-01-02T00:00:00.000Z", false),
    ] {
        let cleanup = mongodb::bson::doc! { "at": at, "keep_session": null, "account_gone": account_gone };
        let push = mongodb::bson::doc! { "$push": { "cleanups": cleanup } };
        let id = mongodb::bson::doc! { "_id": user.id.to_string() };
        documents("users").update_one(id, push).await.unwrap();
    }

    eventually("the later one has run", async || {
        let document = fixture.document(bob.id).await;
        document.get_array("cleanups").unwrap().is_empty().then_some(())
    })
    .await;
    let pending = fixture.document(ann.id).await;
    assert_eq!(pending.get_array("cleanups").unwrap().len(), 1);
    let readable = mongodb::bson::doc! { "$set": { "state.changed_at": "2026-01-01T00:00:00.000Z" } };
    follows
        .update_one(mongodb::bson::doc! {}, readable)
        .await
        .unwrap();
    eventually("the failed one is run again", async || {
        let document = fixture.document(ann.id).await;
        document.get_array("cleanups").unwrap().is_empty().then_some(())
    })
    .await;
    fixture.finish().await;
}
