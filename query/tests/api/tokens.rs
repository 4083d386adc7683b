//! Readers see what they have written.

use std::time::{Duration, Instant};

use common::{
    event::{PostFact, PostState, PostStatus},
    ids::{PostId, UserId},
};
use serde_json::json;

use crate::blog::{Blog, comment, hidden, like, post};

#[tokio::test]
async fn two_hundred_writes_are_each_seen_by_the_next_read() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "busy", "Words.");
    blog.publish(&state).await;
    let path = format!("/api/query/posts/{}", state.id);
    for number in 1..=50_u32 {
        // The title changes, a like and a comment come: each of them shows, with its count, and in lists too.
        let mut changed = state.clone();
        changed.content.as_mut().unwrap().title = format!("Title {number}");
        let token = blog.say(PostFact::Updated, u64::from(number) + 1, &changed).await;
        assert_eq!(
            blog.show(&path, &token).await["title"],
            json!(format!("Title {number}"))
        );

        let (fact, like) = like(state.id, UserId::generate(), true);
        let token = blog.say(fact, 1, &like).await;
        assert_eq!(blog.show(&path, &token).await["counts"]["reactions"], number);

        let token = blog
            .comment(&comment(state.id, None, UserId::generate(), "Yes."))
            .await;
        assert_eq!(
            blog.show("/api/query/posts", &token).await["items"][0]["counts"]["comments"],
            number * 2 - 1
        );

        let token = blog
            .comment(&comment(state.id, None, UserId::generate(), "No."))
            .await;
        let comments = blog.show(&format!("{path}/comments?limit=100"), &token).await;
        assert_eq!(comments["items"].as_array().unwrap().len() as u32, number * 2);
    }
    blog.finish().await;
}

#[tokio::test]
async fn a_new_post_is_in_every_list_that_was_kept_before() {
    let blog = Blog::start().await;
    let ann = blog.person("ann").await;
    let lists = [
        "/api/query/posts",
        "/api/query/posts?tag=rust",
        "/api/query/posts?author=ann",
    ];
    for number in 0..10 {
        let state = post(ann.id, &format!("post-{number}"), "Words.");
        let token = blog.publish(&state).await;
        for list in lists {
            assert_eq!(
                blog.show(list, &token).await["items"][0]["id"],
                json!(state.id),
                "{list}"
            );
        }
        assert_eq!(
            blog.show("/api/query/users/ann", &token).await["counts"]["posts"],
            number + 1
        );
        assert_eq!(
            blog.show("/api/query/tags", &token).await["items"][0]["posts"],
            number + 1
        );
    }
    blog.finish().await;
}

#[tokio::test]
async fn the_cookie_counts_as_the_header_does() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish(&state).await;
    let other = post(UserId::generate(), "another", "Words.");
    let second = blog.publish(&other).await;
    let cookie = format!("consistency={token}|{second}");
    let answer = blog
        .client
        .get("/api/query/posts")
        .header("cookie", &cookie)
        .send()
        .await;
    assert_eq!(answer.expect(200)["items"].as_array().unwrap().len(), 2);
    assert_eq!(answer.header("stale"), "");
    blog.finish().await;
}

#[tokio::test]
async fn a_version_that_never_comes_is_told_after_two_seconds() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish(&state).await;
    blog.show("/api/query/posts/a-post", &token).await;

    let ahead = format!("post:{}@9", state.id);
    let started = Instant::now();
    let answer = blog
        .client
        .get("/api/query/posts/a-post")
        .header("consistency-token", &ahead)
        .send()
        .await;
    let took = started.elapsed();
    assert_eq!(answer.expect(200)["slug"], "a-post");
    assert_eq!(answer.header("stale"), "true");
    assert!(
        (Duration::from_millis(1900)..Duration::from_millis(3500)).contains(&took),
        "{took:?}"
    );

    // A refusal says it too: the post may just not be here yet.
    let unknown = PostId::generate();
    let path = format!("/api/query/posts/{unknown}");
    let answer = blog
        .client
        .get(&path)
        .header("consistency-token", format!("post:{unknown}@1"))
        .send()
        .await;
    answer.refused(404, "not_found");
    assert_eq!(answer.header("stale"), "true");
    blog.finish().await;
}

#[tokio::test]
async fn a_tombstone_satisfies_a_token_and_an_older_version_does_too() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "a-post", "Words.");
    let first = blog.publish(&state).await;
    let gone: PostState = hidden(&state, PostStatus::Deleted);
    let token = blog.say(PostFact::Deleted, 2, &gone).await;
    blog.read("/api/query/posts/a-post", &token)
        .await
        .refused(410, "gone");
    blog.read("/api/query/posts/a-post", &first)
        .await
        .refused(410, "gone");
    blog.finish().await;
}
