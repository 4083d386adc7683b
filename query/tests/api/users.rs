//! Profiles, names and tags.

use common::event::{PostFact, PostStatus, UserFact, UserProfile, UserState};
use serde_json::json;

use crate::blog::{Blog, comment, follow, hidden, post, user};

#[tokio::test]
async fn a_rename_is_visible_everywhere_at_once() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    let state = post(ann.id, "a-post", "Words.");
    blog.publish_post(&state).await;
    let token = blog
        .publish_comment(&comment(state.id, None, ann.id, "Mine."))
        .await;
    let comments = format!("/api/query/posts/{}/comments", state.id);
    for path in ["/api/query/posts", "/api/query/posts/a-post", &comments] {
        assert!(
            blog.read_json(path, &token)
                .await
                .to_string()
                .contains("ann the Great"),
            "{path}"
        );
    }
    blog.read_json("/api/query/users/ann", &token).await;

    let profile = UserProfile {
        username: "Hannah".to_owned(),
        name: "Hannah B.".to_owned(),
        bio: String::new(),
    };
    let renamed = UserState {
        profile: Some(profile),
        ..ann.clone()
    };
    let token = blog.publish(UserFact::ProfileUpdated, 2, &renamed).await;

    for path in [
        "/api/query/posts",
        "/api/query/posts?author=hannah",
        "/api/query/posts/a-post",
        &comments,
    ] {
        let shown = blog.read_json(path, &token).await.to_string();
        assert!(
            shown.contains("Hannah B.") && !shown.contains("the Great"),
            "{path}: {shown}"
        );
    }
    assert_eq!(
        blog.read_json("/api/query/users/HANNAH", &token).await["id"],
        json!(ann.id)
    );
    blog.read("/api/query/users/ann", &token)
        .await
        .refused(404, "not_found");
    assert_eq!(
        blog.read_json("/api/query/posts?author=ann", &token).await["items"],
        json!([])
    );
    blog.finish().await;
}

#[tokio::test]
async fn an_author_may_arrive_after_their_post_and_is_null_when_deleted() {
    let blog = Blog::start().await;
    let ann = user("ann");
    let token = blog.publish_post(&post(ann.id, "early", "Words.")).await;
    assert_eq!(
        blog.read_json("/api/query/posts/early", &token).await["author"],
        json!(null)
    );
    assert_eq!(
        blog.read_json("/api/query/posts?author=ann", &token).await["items"],
        json!([])
    );

    let token = blog.publish(UserFact::Registered, 1, &ann).await;
    assert_eq!(
        blog.read_json("/api/query/posts/early", &token).await["author"]["username"],
        "ann"
    );
    assert_eq!(
        blog.read_json("/api/query/posts?author=ann", &token).await["items"][0]["slug"],
        "early"
    );

    let deleted = UserState {
        profile: None,
        ..ann.clone()
    };
    let token = blog.publish(UserFact::Deleted, 2, &deleted).await;
    assert_eq!(
        blog.read_json("/api/query/posts/early", &token).await["author"],
        json!(null)
    );
    blog.read("/api/query/users/ann", &token)
        .await
        .refused(404, "not_found");
    blog.finish().await;
}

#[tokio::test]
async fn a_profile_counts_posts_and_followers() {
    let blog = Blog::start().await;
    let (ann, bob) = (blog.create_user("Ann").await, blog.create_user("bob").await);
    let first = post(ann.id, "first", "Words.");
    blog.publish_post(&first).await;
    blog.publish_post(&post(ann.id, "second", "Words.")).await;
    blog.publish(PostFact::Unpublished, 2, &hidden(&first, PostStatus::Draft))
        .await;
    let (fact, state) = follow(bob.id, ann.id, true);
    let token = blog.publish(fact, 1, &state).await;

    let profile = blog.read_json("/api/query/users/ann", &token).await;
    assert_eq!(profile["username"], "Ann");
    assert_eq!(profile["bio"], "Writes.");
    assert_eq!(profile["role"], "author");
    assert_eq!(
        profile["counts"],
        json!({ "posts": 1, "followers": 1, "following": 0 })
    );
    let follower = blog.read_json("/api/query/users/bob", &token).await;
    assert_eq!(
        follower["counts"],
        json!({ "posts": 0, "followers": 0, "following": 1 })
    );

    let (fact, state) = follow(bob.id, ann.id, false);
    let token = blog.publish(fact, 2, &state).await;
    assert_eq!(
        blog.read_json("/api/query/users/ann", &token).await["counts"]["followers"],
        0
    );
    blog.finish().await;
}

#[tokio::test]
async fn tags_are_ordered_by_their_number_of_posts_and_updated() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    let mut last = None;
    for (slug, tags) in [
        ("a", vec!["rust", "web"]),
        ("b", vec!["rust"]),
        ("c", vec!["art"]),
    ] {
        let mut state = post(ann.id, slug, "Words.");
        state.content.as_mut().unwrap().tags = tags.into_iter().map(str::to_owned).collect();
        last = Some((blog.publish_post(&state).await, state));
    }
    let (token, mut state) = last.unwrap();
    let expected =
        json!([{ "tag": "rust", "posts": 2 }, { "tag": "art", "posts": 1 }, { "tag": "web", "posts": 1 }]);
    assert_eq!(
        blog.read_json("/api/query/tags", &token).await,
        json!({ "items": expected, "next": null })
    );
    assert_eq!(
        blog.read_json("/api/query/tags?limit=1", &token).await["items"],
        json!([{ "tag": "rust", "posts": 2 }])
    );

    state.content.as_mut().unwrap().tags = vec!["web".to_owned()];
    let token = blog.publish(PostFact::Updated, 2, &state).await;
    let expected = json!([{ "tag": "rust", "posts": 2 }, { "tag": "web", "posts": 2 }]);
    assert_eq!(blog.read_json("/api/query/tags", &token).await["items"], expected);
    blog.finish().await;
}
