//! Changing posts.

use common::event::{PostFact, PostStatus};
use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn absent_fields_stay_null_clears_and_values_are_set() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let body = json!({ "title": "T", "body": "B", "summary": "S", "tags": ["x"], "cover": "/c.png" });
    let id = ann.post(&body).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();

    let answer = ann.edit(&id, &json!({ "title": "T2", "summary": null })).await;

    let post = answer.expect(200);
    assert_eq!((answer.version(), post["version"].as_u64()), (2, Some(2)));
    assert_eq!(answer.consistency_token(), format!("post:{id}@2"));
    for (field, value) in [
        ("title", json!("T2")),
        ("body", json!("B")),
        ("summary", json!(null)),
        ("tags", json!(["x"])),
        ("cover", json!("/c.png")),
    ] {
        assert_eq!(post[field], value, "{field}");
    }
    let post = ann
        .edit(&id, &json!({ "cover": null, "tags": [] }))
        .await
        .expect(200);
    assert_eq!((&post["cover"], &post["tags"]), (&json!(null), &json!([])));
    ann.edit(&id, &json!({ "title": null }))
        .await
        .refused_field(422, "invalid_type", "title");
    ann.edit(&id, &json!({ "title": "T", "slug": "mine" }))
        .await
        .refused_field(422, "unknown_field", "slug");
    assert_eq!(
        fixture.facts_of(&id).await,
        [PostFact::Created, PostFact::Updated, PostFact::Updated]
    );
    fixture.finish().await;
}

#[tokio::test]
async fn an_update_to_the_current_values_creates_no_version_and_no_event() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Same", "published").await;
    for change in [
        json!({}),
        json!({ "title": " Same ", "status": "published", "summary": null, "publish_at": null }),
    ] {
        let answer = ann.edit(&id, &change).await;
        answer.expect(200);
        assert_eq!(answer.version(), 1);
        assert_eq!(answer.consistency_token(), format!("post:{id}@1"));
    }
    assert_eq!(fixture.facts_of(&id).await, [PostFact::Published]);
    fixture.finish().await;
}

#[tokio::test]
async fn of_two_concurrent_updates_of_one_version_exactly_one_succeeds() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    for round in 0..10 {
        let id = ann.write(&format!("Race {round}"), "draft").await;
        let (red, blue) = (json!({ "body": "red" }), json!({ "body": "blue" }));
        let (first, second) = tokio::join!(ann.edit_version(&id, 1, &red), ann.edit_version(&id, 1, &blue));

        let (winner, loser) = if first.status == 200 {
            (first, second)
        } else {
            (second, first)
        };
        let won = winner.expect(200);
        assert_eq!(winner.version(), 2);
        let problem = loser.refused(412, "version_mismatch");
        assert_eq!(problem["current_version"], 2);
        assert_eq!(loser.version(), 2);
        assert_eq!(ann.read(&id).await.expect(200)["body"], won["body"]);
        assert_eq!(fixture.facts_of(&id).await.len(), 2);
    }
    fixture.finish().await;
}

#[tokio::test]
async fn concurrent_updates_without_a_version_are_all_applied() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Many", "draft").await;
    let fields = [
        json!({ "title": "New" }),
        json!({ "body": "new" }),
        json!({ "summary": "new" }),
        json!({ "tags": ["new"] }),
        json!({ "cover": "/new" }),
    ];
    let answers = futures::future::join_all(fields.iter().map(|change| ann.edit(&id, change))).await;
    for answer in answers {
        answer.expect(200);
    }
    let post = ann.read(&id).await.expect(200);
    assert_eq!(post["version"], 6);
    assert_eq!(
        (
            &post["title"],
            &post["body"],
            &post["summary"],
            &post["tags"],
            &post["cover"]
        ),
        (
            &json!("New"),
            &json!("new"),
            &json!("new"),
            &json!(["new"]),
            &json!("/new")
        )
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_stale_or_malformed_version_is_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Mine", "draft").await;
    ann.edit_version(&id, 1, &json!({ "body": "two" }))
        .await
        .expect(200);
    let stale = ann.edit_version(&id, 1, &json!({ "body": "three" })).await;
    assert_eq!(stale.refused(412, "version_mismatch")["current_version"], 2);
    let even_if_nothing_changes = ann.edit_version(&id, 1, &json!({ "body": "two" })).await;
    even_if_nothing_changes.refused(412, "version_mismatch");
    let request = ann
        .client
        .patch(&format!("/api/posts/{id}"))
        .header("if-match", "2");
    request
        .json(&json!({}))
        .send()
        .await
        .refused(400, "malformed_request");
    assert_eq!(ann.read(&id).await.expect(200)["body"], "two");
    fixture.finish().await;
}

#[tokio::test]
async fn publishing_and_unpublishing_show_and_hide_the_content() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Show", "draft").await;
    let published = ann.edit(&id, &json!({ "status": "published" })).await.expect(200);
    assert_eq!(published["slug"], "show");
    assert!(published["published_at"].is_string());
    ann.edit(&id, &json!({ "body": "  " }))
        .await
        .refused_field(422, "required", "body");
    let hidden = ann.edit(&id, &json!({ "status": "draft" })).await.expect(200);
    assert_eq!(
        (&hidden["slug"], &hidden["status"]),
        (&json!("show"), &json!("draft"))
    );
    let again = ann.edit(&id, &json!({ "status": "published" })).await.expect(200);
    assert_eq!(again["published_at"], published["published_at"]);

    let events = fixture.events_of(&id).await;
    let seen: Vec<_> = events
        .iter()
        .map(|(fact, state)| (*fact, state.status, state.content.is_some()))
        .collect();
    assert_eq!(
        seen,
        [
            (PostFact::Created, PostStatus::Draft, false),
            (PostFact::Published, PostStatus::Published, true),
            (PostFact::Unpublished, PostStatus::Draft, false),
            (PostFact::Published, PostStatus::Published, true),
        ]
    );
    fixture.finish().await;
}

#[tokio::test]
async fn other_users_are_refused_and_cannot_tell_that_drafts_exist() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
    let (draft, public) = (
        ann.write("Draft", "draft").await,
        ann.write("Public", "published").await,
    );
    let change = json!({ "title": "Bob's" });
    for (id, status, code) in [(&draft, 404, "not_found"), (&public, 403, "not_owner")] {
        bob.read(id).await.refused(status, code);
        bob.edit(id, &change).await.refused(status, code);
        bob.edit_version(id, 99, &change).await.refused(status, code);
        bob.delete(id).await.refused(status, code);
        bob.get(&format!("/api/posts/{id}/revisions"))
            .await
            .refused(status, code);
        bob.get(&format!("/api/posts/{id}/revisions/1"))
            .await
            .refused(status, code);
    }
    let nobody = fixture.anonymous();
    nobody
        .get(&format!("/api/posts/{public}"))
        .send()
        .await
        .refused(401, "unauthenticated");
    nobody
        .post("/api/posts")
        .json(&change)
        .send()
        .await
        .refused(401, "unauthenticated");
    assert_eq!(ann.read(&public).await.expect(200)["version"], 1);
    fixture.finish().await;
}
