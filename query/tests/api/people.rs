//! Profiles, names and tags.

use common::event::{PostFact, PostStatus, UserFact, UserProfile, UserState};
use serde_json::json;

use crate::blog::{Blog, comment, follow, hidden, person, post};

#[tokio::test]
async fn a_rename_shows_everywhere_at_once() {
    let blog = Blog::start().await;
    let ann = blog.person("ann").await;
    let state = post(ann.id, "a-post", "Words.");
    blog.publish(&state).await;
    let token = blog.comment(&comment(state.id, None, ann.id, "Mine.")).await;
    let comments = format!("/api/query/posts/{}/comments", state.id);
    for path in ["/api/query/posts", "/api/query/posts/a-post", &comments] {
        assert!(
            blog.show(path, &token)
                .await
                .to_string()
                .contains("ann the Great"),
            "{path}"
        );
    }
    blog.show("/api/query/users/ann", &token).await;

    let profile = UserProfile {
        username: "Hannah".to_owned(),
        name: "Hannah B.".to_owned(),
        bio: String::new(),
    };
    let renamed = UserState {
        profile: Some(profile),
        ..ann.clone()
    };
    let token = blog.say(UserFact::ProfileUpdated, 2, &renamed).await;

    for path in [
        "/api/query/posts",
        "/api/query/posts?author=hannah",
        "/api/query/posts/a-post",
        &comments,
    ] {
        let shown = blog.show(path, &token).await.to_string();
        assert!(
            shown.contains("Hannah B.") && !shown.contains("the Great"),
            "{path}: {shown}"
        );
    }
    assert_eq!(
        blog.show("/api/query/users/HANNAH", &token).await["id"],
        json!(ann.id)
    );
    blog.read("/api/query/users/ann", &token)
        .await
        .refused(404, "not_found");
    assert_eq!(
        blog.show("/api/query/posts?author=ann", &token).await["items"],
        json!([])
    );
    blog.finish().await;
}

#[tokio::test]
async fn an_author_who_comes_after_their_post_is_joined_and_one_who_is_gone_is_null() {
    let blog = Blog::start().await;
    let ann = person("ann");
    let token = blog.publish(&post(ann.id, "early", "Words.")).await;
    assert_eq!(
        blog.show("/api/query/posts/early", &token).await["author"],
        json!(null)
    );
    assert_eq!(
        blog.show("/api/query/posts?author=ann", &token).await["items"],
        json!([])
    );

    let token = blog.say(UserFact::Registered, 1, &ann).await;
    assert_eq!(
        blog.show("/api/query/posts/early", &token).await["author"]["username"],
        "ann"
    );
    assert_eq!(
        blog.show("/api/query/posts?author=ann", &token).await["items"][0]["slug"],
        "early"
    );

    let gone = UserState {
        profile: None,
        ..ann.clone()
    };
    let token = blog.say(UserFact::Deleted, 2, &gone).await;
    assert_eq!(
        blog.show("/api/query/posts/early", &token).await["author"],
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
    let (ann, bob) = (blog.person("Ann").await, blog.person("bob").await);
    let first = post(ann.id, "first", "Words.");
    blog.publish(&first).await;
    blog.publish(&post(ann.id, "second", "Words.")).await;
    blog.say(PostFact::Unpublished, 2, &hidden(&first, PostStatus::Draft))
        .await;
    let (fact, state) = follow(bob.id, ann.id, true);
    let token = blog.say(fact, 1, &state).await;

    let profile = blog.show("/api/query/users/ann", &token).await;
    assert_eq!(profile["username"], "Ann");
    assert_eq!(profile["bio"], "Writes.");
    assert_eq!(profile["role"], "author");
    assert_eq!(
        profile["counts"],
        json!({ "posts": 1, "followers": 1, "following": 0 })
    );
    let follower = blog.show("/api/query/users/bob", &token).await;
    assert_eq!(
        follower["counts"],
        json!({ "posts": 0, "followers": 0, "following": 1 })
    );

    let (fact, state) = follow(bob.id, ann.id, false);
    let token = blog.say(fact, 2, &state).await;
    assert_eq!(
        blog.show("/api/query/users/ann", &token).await["counts"]["followers"],
        0
    );
    blog.finish().await;
}

#[tokio::test]
async fn tags_come_by_the_number_of_their_posts_and_follow_changes() {
    let blog = Blog::start().await;
    let ann = blog.person("ann").await;
    let mut last = None;
    for (slug, tags) in [
        ("a", vec!["rust", "web"]),
        ("b", vec!["rust"]),
        ("c", vec!["art"]),
    ] {
        let mut state = post(ann.id, slug, "Words.");
        state.content.as_mut().unwrap().tags = tags.into_iter().map(str::to_owned).collect();
        last = Some((blog.publish(&state).await, state));
    }
    let (token, mut state) = last.unwrap();
    let expected =
        json!([{ "tag": "rust", "posts": 2 }, { "tag": "art", "posts": 1 }, { "tag": "web", "posts": 1 }]);
    assert_eq!(
        blog.show("/api/query/tags", &token).await,
        json!({ "items": expected, "next": null })
    );
    assert_eq!(
        blog.show("/api/query/tags?limit=1", &token).await["items"],
        json!([{ "tag": "rust", "posts": 2 }])
    );

    state.content.as_mut().unwrap().tags = vec!["web".to_owned()];
    let token = blog.say(PostFact::Updated, 2, &state).await;
    let expected = json!([{ "tag": "rust", "posts": 2 }, { "tag": "web", "posts": 2 }]);
    assert_eq!(blog.show("/api/query/tags", &token).await["items"], expected);
    blog.finish().await;
}
