//! Scheduled publications.

use std::time::Duration;

use common::event::{PostFact, Timestamp};
use posts::config::PostsSettings;
use serde_json::json;
use testkit::{RunningService, eventually};

use crate::fixture::{Author, Fixture};

async fn plan(author: &Author, title: &str, ahead: Duration) -> (String, Timestamp) {
    let at = Timestamp::now().plus(ahead);
    let post = author
        .post(&json!({ "title": title, "body": "x", "publish_at": at }))
        .await
        .expect(201);
    assert_eq!(
        (&post["status"], &post["publish_at"]),
        (&json!("scheduled"), &json!(at))
    );
    (post["id"].as_str().unwrap().to_owned(), at)
}

#[tokio::test]
async fn a_scheduled_post_is_published_within_two_seconds_of_its_time_and_not_before() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let (id, at) = plan(&ann, "Soon", Duration::from_millis(1300)).await;

    let post = ann.sees(&id, "published").await;

    assert_eq!(
        (&post["slug"], &post["publish_at"]),
        (&json!("soon"), &json!(null))
    );
    let published: Timestamp = post["published_at"].as_str().unwrap().parse().unwrap();
    assert!(published >= at, "{published} {at}");
    assert!(published.since(at) < Duration::from_secs(2), "{published} {at}");
    assert_eq!(
        fixture.facts_of(&id).await,
        [PostFact::Created, PostFact::Published]
    );
    let entry = fixture.log().await.pop().unwrap();
    assert_eq!(entry.event.envelope.actor, "service:posts");
    fixture.finish().await;
}

#[tokio::test]
async fn a_scheduled_publication_survives_a_restart() {
    let mut fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let (id, at) = plan(&ann, "Later", Duration::from_millis(1000)).await;
    fixture.stop_service().await;
    eventually("its time has come", async || {
        (Timestamp::now() > at).then_some(())
    })
    .await;
    fixture.start_service().await;

    let post = fixture.author_of(ann.id, "ann").sees(&id, "published").await;

    assert_eq!(post["version"], 2);
    assert_eq!(
        fixture.facts_of(&id).await,
        [PostFact::Created, PostFact::Published]
    );
    fixture.finish().await;
}

#[tokio::test]
async fn several_replicas_publish_a_scheduled_post_once() {
    let fixture = Fixture::start().await;
    let second = RunningService::start(
        posts::service(),
        &fixture.nats,
        &fixture.database,
        PostsSettings::default(),
    )
    .await;
    let ann = fixture.author("ann");
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(
            plan(&ann, &format!("Post {n}"), Duration::from_millis(1200))
                .await
                .0,
        );
    }
    for id in &ids {
        ann.sees(id, "published").await;
    }
    second.stop().await;
    for id in &ids {
        assert_eq!(
            fixture.facts_of(id).await,
            [PostFact::Created, PostFact::Published]
        );
    }
    fixture.finish().await;
}

#[tokio::test]
async fn a_scheduled_publication_can_be_changed_and_cancelled() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let (id, _) = plan(&ann, "Maybe", Duration::from_secs(3600)).await;
    let dropped = ann.edit(&id, &json!({ "publish_at": null })).await.expect(200);
    assert_eq!(
        (&dropped["status"], &dropped["publish_at"]),
        (&json!("draft"), &json!(null))
    );
    let soon = Timestamp::now().plus(Duration::from_millis(500));
    ann.edit(&id, &json!({ "publish_at": soon })).await.expect(200);
    ann.sees(&id, "published").await;

    let (other, _) = plan(&ann, "By hand", Duration::from_secs(3600)).await;
    let now = ann
        .edit(&other, &json!({ "status": "published" }))
        .await
        .expect(200);
    assert_eq!(
        (&now["status"], &now["publish_at"]),
        (&json!("published"), &json!(null))
    );
    fixture.finish().await;
}

#[tokio::test]
async fn invalid_publication_times_are_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let ahead = Timestamp::now().plus(Duration::from_secs(60));
    let six_years = Timestamp::now().plus(Duration::from_secs(6 * 366 * 24 * 3600));
    let public = ann.write("Public", "published").await;
    for (body, code, field) in [
        (
            json!({ "title": "T", "body": "x", "publish_at": Timestamp::now() }),
            "out_of_range",
            "publish_at",
        ),
        (
            json!({ "title": "T", "body": "x", "publish_at": six_years }),
            "out_of_range",
            "publish_at",
        ),
        (
            json!({ "title": "T", "body": "x", "publish_at": ahead, "status": "published" }),
            "invalid_value",
            "publish_at",
        ),
        (
            json!({ "title": "T", "body": "", "publish_at": ahead }),
            "required",
            "body",
        ),
        (
            json!({ "title": "T", "body": "x", "publish_at": "tomorrow" }),
            "invalid_format",
            "publish_at",
        ),
        (
            json!({ "title": "T", "body": "x", "publish_at": 12 }),
            "invalid_type",
            "publish_at",
        ),
    ] {
        ann.post(&body).await.refused_field(422, code, field);
    }
    let change = json!({ "publish_at": ahead });
    ann.edit(&public, &change)
        .await
        .refused_field(422, "invalid_value", "publish_at");
    fixture.finish().await;
}
