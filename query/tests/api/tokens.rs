//! Consistency tokens: clients read their own writes.

use std::time::{Duration, Instant};

use common::{
    event::{PostFact, PostState, PostStatus},
    ids::{PostId, UserId},
};
use serde_json::json;

use crate::blog::{Blog, comment, hidden, like, post};

#[tokio::test]
async fn two_hundred_writes_are_each_visible_to_the_next_read() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "busy", "Words.");
    blog.publish_post(&state).await;
    let path = format!("/api/query/posts/{}", state.id);
    for number in 1..=50_u32 {
        // A new title, a like and a comment are each visible, with their counters, and in lists, too.
        let mut changed = state.clone();
        changed.content.as_mut().unwrap().title = format!("Title {number}");
        let token = blog
            .publish(PostFact::Updated, u64::from(number) + 1, &changed)
            .await;
        assert_eq!(
            blog.read_json(&path, &token).await["title"],
            json!(format!("Title {number}"))
        );

        let (fact, like) = like(state.id, UserId::generate(), true);
        let token = blog.publish(fact, 1, &like).await;
        assert_eq!(blog.read_json(&path, &token).await["counts"]["reactions"], number);

        let token = blog
            .publish_comment(&comment(state.id, None, UserId::generate(), "Yes."))
            .await;
        assert_eq!(
            blog.read_json("/api/query/posts", &token).await["items"][0]["counts"]["comments"],
            number * 2 - 1
        );

        let token = blog
            .publish_comment(&comment(state.id, None, UserId::generate(), "No."))
            .await;
        let comments = blog
            .read_json(&format!("{path}/comments?limit=100"), &token)
            .await;
        assert_eq!(comments["items"].as_array().unwrap().len() as u32, number * 2);
    }
    blog.finish().await;
}

#[tokio::test]
async fn a_new_post_is_in_every_cached_list() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    let lists = [
        "/api/query/posts",
        "/api/query/posts?tag=rust",
        "/api/query/posts?author=ann",
    ];
    for number in 0..10 {
        let state = post(ann.id, &format!("post-{number}"), "Words.");
        let token = blog.publish_post(&state).await;
        for list in lists {
            assert_eq!(
                blog.read_json(list, &token).await["items"][0]["id"],
                json!(state.id),
                "{list}"
            );
        }
        assert_eq!(
            blog.read_json("/api/query/users/ann", &token).await["counts"]["posts"],
            number + 1
        );
        assert_eq!(
            blog.read_json("/api/query/tags", &token).await["items"][0]["posts"],
            number + 1
        );
    }
    blog.finish().await;
}

#[tokio::test]
async fn the_cookie_is_equivalent_to_the_header() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish_post(&state).await;
    let other = post(UserId::generate(), "another", "Words.");
    let second = blog.publish_post(&other).await;
    let cookie = format!("consistency={token}|{second}");
    let response = blog
        .client
        .get("/api/query/posts")
        .header("cookie", &cookie)
        .send()
        .await;
    assert_eq!(response.expect(200)["items"].as_array().unwrap().len(), 2);
    assert_eq!(response.header("stale"), "");
    blog.finish().await;
}

#[tokio::test]
async fn a_version_that_never_arrives_makes_a_response_stale_after_two_seconds() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish_post(&state).await;
    blog.read_json("/api/query/posts/a-post", &token).await;

    let ahead = format!("post:{}@9", state.id);
    let started = Instant::now();
    let response = blog
        .client
        .get("/api/query/posts/a-post")
        .header("consistency-token", &ahead)
        .send()
        .await;
    let took = started.elapsed();
    assert_eq!(response.expect(200)["slug"], "a-post");
    assert_eq!(response.header("stale"), "true");
    assert!(
        (Duration::from_millis(1900)..Duration::from_millis(3500)).contains(&took),
        "{took:?}"
    );

    // Errors are marked, too: the post may not have arrived yet.
    let unknown = PostId::generate();
    let path = format!("/api/query/posts/{unknown}");
    let response = blog
        .client
        .get(&path)
        .header("consistency-token", format!("post:{unknown}@1"))
        .send()
        .await;
    response.refused(404, "not_found");
    assert_eq!(response.header("stale"), "true");
    blog.finish().await;
}

#[tokio::test]
async fn a_tombstone_satisfies_tokens_of_its_version_and_older_ones() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "Words.");
    let first = blog.publish_post(&state).await;
    let deleted: PostState = hidden(&state, PostStatus::Deleted);
    let token = blog.publish(PostFact::Deleted, 2, &deleted).await;
    blog.read("/api/query/posts/a-post", &token)
        .await
        .refused(410, "gone");
    blog.read("/api/query/posts/a-post", &first)
        .await
        .refused(410, "gone");
    blog.finish().await;
}

#[tokio::test]
async fn a_version_that_the_log_cannot_contain_makes_a_response_stale_at_once() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish_post(&state).await;
    blog.read_json("/api/query/posts/a-post", &token).await;

    let started = Instant::now();
    let response = blog
        .client
        .get("/api/query/posts/a-post")
        .header("consistency-token", format!("post:{}@999", state.id))
        .send()
        .await;
    let took = started.elapsed();
    assert_eq!(response.expect(200)["slug"], "a-post");
    assert_eq!(response.header("stale"), "true");
    assert!(took < query::freshness::TIMEOUT, "{took:?}");
    blog.finish().await;
}

#[tokio::test]
async fn tokens_of_kinds_that_are_not_in_the_model_are_ignored() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish_post(&state).await;
    for other in ["verdict", "report", "ruleset", "newsletter"] {
        let tokens = format!("{other}:{}@7, {token}", state.id);
        let shown = blog.read_json("/api/query/posts/a-post", &tokens).await;
        assert_eq!(shown["version"], 1, "{other}");
    }
    blog.finish().await;
}
