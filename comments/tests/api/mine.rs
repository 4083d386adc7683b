//! A user's own comments.

use comments::store::{CommentFilter, ORDER};
use common::{
    event::{CommentStatus, Timestamp},
    ids::{CommentId, PostId},
};
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::fixture::{Fixture, id};

async fn mine(fixture: &Fixture, query: &str) -> Value {
    let ann = fixture.client(&fixture.ann);
    ann.get(&format!("/api/comments/mine?{query}"))
        .send()
        .await
        .expect(200)
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(id).collect()
}

async fn in_pages_of_two(fixture: &Fixture) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = mine(fixture, &format!("limit=2&cursor={cursor}")).await;
        found.extend(ids(&page));
        let Some(next) = page["next"].as_str() else {
            return found;
        };
        assert_eq!(ids(&page).len(), 2);
        cursor = next.to_owned();
    }
}

#[tokio::test]
async fn they_are_listed_newest_first_in_pages() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let mut expected = Vec::new();
    for n in 0..7 {
        fixture.commented(&fixture.bob, post, "of another user").await;
        expected.push(fixture.commented(&fixture.ann, post, &format!("text {n}")).await);
    }
    // Several in the same millisecond, whose ids are not in order of time.
    let at_once = (0..6).map(|n| {
        let request = fixture.client(&fixture.ann).post("/api/comments");
        let request = request.header("idempotency-key", format!("k{n}"));
        request
            .json(&json!({ "post_id": post, "body": "at once" }))
            .send()
    });
    futures::future::join_all(at_once)
        .await
        .iter()
        .for_each(|response| drop(response.expect(201)));
    expected.reverse();

    let all = mine(&fixture, "").await;
    assert_eq!(
        (all["items"].as_array().unwrap().len(), &all["next"]),
        (13, &Value::Null)
    );
    assert_eq!(ids(&all)[6..], expected);
    let oldest = &all["items"][12];
    assert_eq!(
        (&oldest["post_id"], &oldest["status"]),
        (&json!(post), &json!("approved"))
    );
    assert_eq!(
        (&oldest["body"], &oldest["approved"]["body"]),
        (&json!("text 0"), &json!("text 0"))
    );

    assert_eq!(in_pages_of_two(&fixture).await, ids(&all));

    // All in the same millisecond: ordered by id, which is not the order of time.
    let comments = fixture
        .running
        .context()
        .database()
        .unwrap()
        .collection::<Document>("comments");
    let same_time = doc! { "$set": { "state.created_at": Timestamp::now().to_string() } };
    comments.update_many(doc! {}, same_time).await.unwrap();
    let mut by_id = ids(&all);
    by_id.sort();
    by_id.reverse();
    assert_eq!(in_pages_of_two(&fixture).await, by_id);
    fixture.finish().await;
}

#[tokio::test]
async fn they_are_filtered_by_status_and_deleted_ones_are_not_listed() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let approved = fixture.commented(&fixture.ann, post, "approved").await;
    let edited = fixture.commented(&fixture.ann, post, "before").await;
    let deleted = fixture.commented(&fixture.ann, post, "deleted").await;
    fixture.delete(&fixture.ann, &deleted).await.expect(204);
    let fixture = fixture.restarted(false).await;
    fixture.edit(&fixture.ann, &edited, "after").await.expect(200);
    let pending = fixture.commented(&fixture.ann, post, "pending").await;

    assert_eq!(
        ids(&mine(&fixture, "").await),
        [pending.as_str(), &edited, &approved]
    );
    assert_eq!(ids(&mine(&fixture, "status=approved").await), [approved.as_str()]);
    assert_eq!(
        ids(&mine(&fixture, "status=rejected").await),
        Vec::<String>::new()
    );
    let waiting = mine(&fixture, "status=pending").await;
    assert_eq!(ids(&waiting), [pending.as_str(), &edited]);
    let both = &waiting["items"][1];
    assert_eq!(
        (&both["body"], &both["approved"]["body"]),
        (&json!("after"), &json!("before"))
    );

    let ann = fixture.client(&fixture.ann);
    let get = async |query: &str| ann.get(&format!("/api/comments/mine?{query}")).send().await;
    get("status=deleted")
        .await
        .refused_field(422, "invalid_value", "status");
    get("limit=101").await.refused_field(422, "out_of_range", "limit");
    get("cursor=nonsense").await.refused(400, "invalid_cursor");
    fixture
        .signed_out()
        .get("/api/comments/mine")
        .send()
        .await
        .refused(401, "unauthenticated");
    fixture.finish().await;
}

#[tokio::test]
async fn those_on_one_post_are_listed_with_the_reason_of_their_rejection() {
    let fixture = Fixture::start().await;
    let (post, other) = (fixture.published().await, fixture.published().await);
    let first = fixture.commented(&fixture.ann, post, "first").await;
    fixture.commented(&fixture.ann, other, "elsewhere").await;
    fixture.commented(&fixture.bob, post, "of another user").await;
    let fixture = fixture.restarted(false).await;
    let waiting = fixture.commented(&fixture.ann, post, "waiting").await;

    let of_post = mine(&fixture, &format!("post={post}")).await;
    assert_eq!(ids(&of_post), [waiting.as_str(), &first]);
    let shown = &of_post["items"][0];
    assert_eq!(
        (&shown["status"], &shown["reason"], &shown["body"]),
        (&json!("pending"), &Value::Null, &json!("waiting"))
    );
    let page = mine(&fixture, &format!("post={post}&limit=1")).await;
    assert_eq!(ids(&page), [waiting.as_str()]);
    let cursor = page["next"].as_str().unwrap();
    let rest = mine(&fixture, &format!("post={post}&limit=1&cursor={cursor}")).await;
    assert_eq!((ids(&rest), &rest["next"]), (vec![first.clone()], &Value::Null));
    let approved = mine(&fixture, &format!("post={post}&status=approved")).await;
    assert_eq!(ids(&approved), [first]);
    let nowhere = mine(&fixture, &format!("post={}", PostId::generate())).await;
    assert_eq!(ids(&nowhere), Vec::<String>::new());
    let ann = fixture.client(&fixture.ann);
    let broken = ann.get("/api/comments/mine?post=1").send().await;
    broken.refused(400, "malformed_request");
    fixture.finish().await;
}

#[tokio::test]
async fn the_list_is_served_by_its_index() {
    let fixture = Fixture::start().await;
    let database = fixture.running.context().database().unwrap();
    let comments = database.collection::<Document>("comments");
    let names = comments.list_index_names().await.unwrap();
    for name in ["by_author", "by_post_and_author", "outbox_pending"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    let of_post = Some(PostId::generate());
    for (post_id, status, index) in [
        (None, None, "by_author"),
        (None, Some(CommentStatus::Pending), "by_author"),
        (of_post, None, "by_post_and_author"),
        (of_post, Some(CommentStatus::Pending), "by_post_and_author"),
    ] {
        let second_page = CommentFilter {
            author_id: fixture.ann.id,
            post_id,
            status,
            after: Some((Timestamp::now(), CommentId::generate())),
            limit: 20,
        };
        let list = doc! { "find": "comments", "filter": second_page.query().unwrap(), "sort": ORDER.sort() };
        let plan = database.run_command(doc! { "explain": list }).await.unwrap();
        let plan = plan
            .get_document("queryPlanner")
            .unwrap()
            .get_document("winningPlan")
            .unwrap()
            .to_string();
        // The entries of each status are read in order and merged: nothing is sorted.
        assert!(
            plan.contains(&format!(r#""indexName": "{index}""#)),
            "{index}: {plan}"
        );
        assert!(
            !plan.contains("COLLSCAN") && !plan.contains(r#""SORT""#),
            "{plan}"
        );
    }
    fixture.finish().await;
}
