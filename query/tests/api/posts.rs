//! Posts: lists, slugs, and posts that are not public.

use common::{
    event::{PostFact, PostState, PostStatus, Timestamp},
    ids::{PostId, UserId},
};
use serde_json::{Value, json};

use crate::blog::{Blog, hidden, post};

#[tokio::test]
async fn a_post_is_returned_in_full_with_its_author() {
    let blog = Blog::start().await;
    let ann = blog.create_user("Ann").await;
    let state = post(
        ann.id,
        "hello",
        "# Hello *you*\n\nSome `code` & words.\n\n```rust\nfn main() {}\n```",
    );
    let token = blog.publish_post(&state).await;

    let by_id = blog
        .read_json(&format!("/api/query/posts/{}", state.id), &token)
        .await;
    let by_slug = blog.read_json("/api/query/posts/hello", &token).await;

    assert_eq!(by_id, by_slug);
    assert_eq!(by_id["title"], "About hello");
    assert_eq!(
        by_id["author"],
        json!({ "id": ann.id, "username": "Ann", "name": "Ann the Great" })
    );
    assert_eq!(by_id["counts"], json!({ "comments": 0, "reactions": 0 }));
    assert_eq!(by_id["toc"][0]["text"], "Hello you");
    assert_eq!(by_id["tags"], json!(["rust"]));
    assert_eq!(by_id["reading_minutes"], 1);
    assert_eq!(by_id["published_at"], json!(state.published_at));
    let html = by_id["html"].as_str().unwrap();
    assert!(
        html.contains("<em>you</em>") && html.contains("language-rust"),
        "{html}"
    );
    assert!(by_id["summary"].as_str().unwrap().contains("Some code & words."));
    assert!(by_id.get("body").is_none(), "the source is not public");
    blog.finish().await;
}

#[tokio::test]
async fn lists_are_newest_first_in_pages_and_filtered_by_tag_and_author() {
    let blog = Blog::start().await;
    let (ann, bob) = (blog.create_user("Ann").await, blog.create_user("bob").await);
    let mut token = String::new();
    let mut expected = Vec::new();
    for number in 0..7_u8 {
        let author = if number % 2 == 0 { ann.id } else { bob.id };
        let mut state = post(author, &format!("post-{number}"), "Words.");
        // Two have the same time, so that the id decides.
        state.published_at = Timestamp::from_millis(1_700_000_000_000 + i64::from(number / 2) * 1000);
        state.content.as_mut().unwrap().tags = vec![format!("tag-{}", number % 3)];
        expected.push((state.published_at, state.id));
        token = blog.publish_post(&state).await;
    }
    expected.sort_by(|left, right| right.cmp(left));
    let draft = hidden(&post(ann.id, "draft", ""), PostStatus::Draft);
    blog.publish(PostFact::Created, 1, &draft).await;

    let expected: Vec<String> = expected.iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(walk(&blog, "/api/query/posts?limit=3", &token).await, expected);
    assert_eq!(walk(&blog, "/api/query/posts?limit=100", &token).await.len(), 7);
    let by_ann = blog.read_json("/api/query/posts?author=aNN", &token).await;
    assert_eq!(by_ann["items"].as_array().unwrap().len(), 4);
    assert!(
        by_ann["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["author"]["username"] == "Ann")
    );
    assert!(by_ann["items"][0].get("html").is_none());
    assert_eq!(
        walk(&blog, "/api/query/posts?tag=tag-1&limit=1", &token)
            .await
            .len(),
        2
    );
    assert_eq!(
        walk(&blog, "/api/query/posts?tag=tag-1&author=ann&limit=1", &token)
            .await
            .len(),
        1
    );
    assert_eq!(
        blog.read_json("/api/query/posts?tag=none", &token).await,
        json!({ "items": [], "next": null })
    );
    assert_eq!(
        blog.read_json("/api/query/posts?author=nobody", &token).await["items"],
        json!([])
    );
    blog.finish().await;
}

/// The ids of all pages.
async fn walk(blog: &Blog, path: &str, token: &str) -> Vec<String> {
    let (mut ids, mut next) = (Vec::new(), Value::Null);
    loop {
        let cursor = next
            .as_str()
            .map(|cursor| format!("&cursor={cursor}"))
            .unwrap_or_default();
        let page = blog.read_json(&format!("{path}{cursor}"), token).await;
        ids.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        next = page["next"].clone();
        if next.is_null() {
            return ids;
        }
    }
}

#[tokio::test]
async fn invalid_parameters_are_rejected() {
    let blog = Blog::start().await;
    let get = async |path: &str| blog.client.get(&format!("/api/query/posts{path}")).send().await;
    get("?limit=0").await.refused_field(422, "out_of_range", "limit");
    get("?limit=101")
        .await
        .refused_field(422, "out_of_range", "limit");
    get("?limit=ten")
        .await
        .refused_field(422, "invalid_type", "limit");
    get("?cursor=nonsense").await.refused(400, "invalid_cursor");
    get(&format!("?tag={}", "x".repeat(201)))
        .await
        .refused_field(422, "too_long", "tag");
    get(&format!("/{}", PostId::generate()))
        .await
        .refused(404, "not_found");
    get("/no-such-slug").await.refused(404, "not_found");
    get("/no-such-id/comments").await.refused(404, "not_found");
    get(&format!("/{}/comments?cursor=nonsense", PostId::generate()))
        .await
        .refused(400, "invalid_cursor");
    let broken = blog
        .client
        .get("/api/query/posts")
        .header("consistency-token", "nonsense")
        .send()
        .await;
    broken.refused(400, "malformed_request");
    blog.finish().await;
}

#[tokio::test]
async fn a_former_slug_redirects_to_the_current_one() {
    let blog = Blog::start().await;
    let first = post(UserId::generate(), "old-name", "Words.");
    blog.publish_post(&first).await;
    let renamed = PostState {
        slug: Some("new-name".to_owned()),
        former_slugs: vec!["old-name".to_owned()],
        ..first.clone()
    };
    let token = blog.publish(PostFact::Updated, 2, &renamed).await;

    let moved = blog.read("/api/query/posts/old-name", &token).await;

    assert_eq!(
        (moved.status, moved.header("location")),
        (301, "/api/query/posts/new-name".to_owned())
    );
    assert_eq!(moved.json()["slug"], "new-name");
    assert_eq!(
        blog.read_json("/api/query/posts/new-name", &token).await["id"],
        json!(first.id)
    );

    // Another post may get the old slug: the current owner has precedence over the former one.
    let other = post(UserId::generate(), "old-name", "Other words.");
    let token = blog.publish_post(&other).await;
    assert_eq!(
        blog.read_json("/api/query/posts/old-name", &token).await["id"],
        json!(other.id)
    );
    blog.finish().await;
}

#[tokio::test]
async fn posts_that_are_not_public_are_not_found() {
    let blog = Blog::start().await;
    let draft = hidden(&post(UserId::generate(), "a-draft", ""), PostStatus::Draft);
    let token = blog.publish(PostFact::Created, 1, &draft).await;
    for address in [
        draft.id.to_string(),
        "a-draft".to_owned(),
        format!("{}/comments", draft.id),
    ] {
        blog.read(&format!("/api/query/posts/{address}"), &token)
            .await
            .refused(404, "not_found");
    }

    let state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish_post(&state).await;
    blog.read_json("/api/query/posts/a-post", &token).await;
    let token = blog
        .publish(PostFact::Unpublished, 2, &hidden(&state, PostStatus::Draft))
        .await;
    blog.read("/api/query/posts/a-post", &token)
        .await
        .refused(404, "not_found");
    let token = blog.publish(PostFact::Published, 3, &state).await;
    blog.read_json("/api/query/posts/a-post", &token).await;

    let token = blog
        .publish(PostFact::Deleted, 4, &hidden(&state, PostStatus::Deleted))
        .await;
    for address in [
        state.id.to_string(),
        "a-post".to_owned(),
        format!("{}/comments", state.id),
    ] {
        blog.read(&format!("/api/query/posts/{address}"), &token)
            .await
            .refused(410, "gone");
    }
    assert_eq!(
        blog.read_json("/api/query/posts", &token).await["items"],
        json!([])
    );
    assert_eq!(
        blog.read_json("/api/query/tags", &token).await["items"],
        json!([])
    );
    blog.finish().await;
}

#[tokio::test]
async fn likes_are_counted_and_may_arrive_before_the_post() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "liked", "Words.");
    for _ in 0..3 {
        let (fact, like) = crate::blog::like(state.id, UserId::generate(), true);
        blog.publish(fact, 1, &like).await;
    }
    let token = blog.publish_post(&state).await;
    assert_eq!(
        blog.read_json("/api/query/posts/liked", &token).await["counts"]["reactions"],
        3
    );

    let user = UserId::generate();
    let (fact, like) = crate::blog::like(state.id, user, true);
    let token = blog.publish(fact, 1, &like).await;
    assert_eq!(
        blog.read_json("/api/query/posts/liked", &token).await["counts"]["reactions"],
        4
    );
    let (fact, like) = crate::blog::like(state.id, user, false);
    let token = blog.publish(fact, 2, &like).await;
    assert_eq!(
        blog.read_json("/api/query/posts?limit=1", &token).await["items"][0]["counts"]["reactions"],
        3
    );
    blog.finish().await;
}
