//! The newest posts with their bodies.

use common::{
    event::{PostFact, PostStatus, Timestamp},
    ids::UserId,
};
use serde_json::{Value, json};

use crate::blog::{Blog, hidden, post};

#[tokio::test]
async fn a_feed_has_the_newest_posts_with_their_bodies() {
    let blog = Blog::start().await;
    let (ann, bob) = (blog.create_user("ann").await, blog.create_user("bob").await);
    let mut last = None;
    for number in 0..22 {
        let author = if number % 2 == 0 { ann.id } else { bob.id };
        let mut state = post(author, &format!("post-{number}"), &format!("Text *{number}*."));
        state.published_at = Timestamp::from_millis(1_700_000_000_000 + number * 1000);
        last = Some((blog.publish_post(&state).await, state));
    }
    let (token, newest) = last.unwrap();

    let feed = blog.read_json("/api/query/feed", &token).await;
    let items = feed["items"].as_array().unwrap();
    assert_eq!((items.len(), &feed["next"]), (20, &Value::Null));
    assert_eq!(
        (&items[0]["slug"], &items[19]["slug"]),
        (&json!("post-21"), &json!("post-2"))
    );
    assert_eq!(items[0]["html"], "<p>Text <em>21</em>.</p>\n");
    assert_eq!(items[0]["author"]["username"], "bob");
    let of_ann = blog
        .read_json("/api/query/feed?author=Ann&tag=rust", &token)
        .await;
    assert_eq!(of_ann["items"].as_array().unwrap().len(), 11);
    assert_eq!(
        blog.read_json("/api/query/feed?tag=none", &token).await["items"],
        json!([])
    );

    let deleted = hidden(&newest, PostStatus::Deleted);
    let token = blog.publish(PostFact::Deleted, 2, &deleted).await;
    let feed = blog.read_json("/api/query/feed", &token).await;
    assert_eq!(feed["items"][0]["slug"], "post-20");
    blog.finish().await;
}

#[tokio::test]
async fn the_size_of_a_feed_is_bounded() {
    let blog = Blog::start().await;
    let author = UserId::generate();
    let long = "All work and no play. ".repeat(11_000);
    let mut token = String::new();
    for number in 0..6 {
        let mut state = post(author, &format!("post-{number}"), &long);
        state.published_at = Timestamp::from_millis(1_700_000_000_000 - number * 1000);
        token = blog.publish_post(&state).await;
    }
    let response = blog.read("/api/query/feed", &token).await;
    assert!(response.body.len() < 1_100_000, "{}", response.body.len());
    let feed = response.expect(200);
    let items = feed["items"].as_array().unwrap().iter();
    let whole: Vec<bool> = items.map(|item| item["html"].is_string()).collect();
    assert_eq!(whole, [true, true, true, true, false, false]);
    blog.finish().await;
}
