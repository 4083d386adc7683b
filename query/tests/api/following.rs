//! Reads of a signed-in user: follows and reactions.

use common::{
    event::Timestamp,
    ids::{PostId, UserId},
};
use serde_json::{Value, json};

use crate::blog::{Blog, follow, like, post, read};

#[tokio::test]
async fn posts_of_followed_users_are_listed_newest_first_in_pages() {
    let blog = Blog::start().await;
    let (ann, bob, eve) = (
        blog.create_user("ann").await,
        blog.create_user("bob").await,
        blog.create_user("eve").await,
    );
    let reader = UserId::generate();
    for (number, author) in [ann.id, eve.id, bob.id, ann.id, eve.id].into_iter().enumerate() {
        let mut state = post(author, &format!("post-{number}"), "Words.");
        let millis = 1_700_000_000_000 + 1000 * i64::try_from(number).unwrap();
        state.published_at = Timestamp::from_millis(millis);
        blog.publish_post(&state).await;
    }
    let (fact, state) = follow(reader, ann.id, true);
    blog.publish(fact, 1, &state).await;
    let (fact, state) = follow(reader, bob.id, true);
    let token = blog.publish(fact, 1, &state).await;

    let client = blog.signed_in(reader);
    let list = async |path: &str, token: &str| {
        let page = read(&client, &format!("/api/query/following{path}"), token)
            .await
            .expect(200);
        let items = page["items"].as_array().unwrap().iter();
        let slugs: Vec<String> = items
            .map(|item| item["slug"].as_str().unwrap().to_owned())
            .collect();
        (slugs, page["next"].as_str().map(str::to_owned))
    };
    assert_eq!(
        list("", &token).await,
        (vec!["post-3".into(), "post-2".into(), "post-0".into()], None)
    );
    let (first, next) = list("?limit=2", &token).await;
    assert_eq!(first, ["post-3", "post-2"]);
    let (second, next) = list(&format!("?limit=2&cursor={}", next.unwrap()), &token).await;
    assert_eq!((second, next), (vec!["post-0".to_owned()], None));

    // A read after an own write includes it.
    let (fact, state) = follow(reader, ann.id, false);
    let token = blog.publish(fact, 2, &state).await;
    assert_eq!(list("", &token).await.0, ["post-2"]);
    let nothing_followed = read(&blog.signed_in(ann.id), "/api/query/following", &token)
        .await
        .expect(200);
    assert_eq!(nothing_followed, json!({ "items": [], "next": null }));
    client
        .get("/api/query/following?cursor=nonsense")
        .send()
        .await
        .refused(400, "invalid_cursor");
    client
        .get("/api/query/following?limit=0")
        .send()
        .await
        .refused_field(422, "out_of_range", "limit");
    blog.finish().await;
}

#[tokio::test]
async fn the_relation_of_the_viewer_to_an_author_and_a_post() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    let state = post(ann.id, "a-post", "Words.");
    let (viewer, other) = (UserId::generate(), UserId::generate());
    let token = blog.publish_post(&state).await;
    let client = blog.signed_in(viewer);
    let page = format!("/api/query/viewer?post={}&author={}", state.id, ann.id);
    let ask = async |token: &str| read(&client, &page, token).await.expect(200);
    assert_eq!(
        ask(&token).await,
        json!({ "user_id": viewer, "following": false, "reaction": null })
    );

    // Both writes are visible at once, and those of other users do not count.
    let (fact, followed) = follow(viewer, ann.id, true);
    let token = blog.publish(fact, 1, &followed).await;
    assert_eq!(ask(&token).await["following"], true);
    let (fact, liked) = like(state.id, other, true);
    blog.publish(fact, 1, &liked).await;
    let (fact, liked) = like(state.id, viewer, true);
    let token = blog.publish(fact, 1, &liked).await;
    assert_eq!(
        ask(&token).await,
        json!({ "user_id": viewer, "following": true, "reaction": "like" })
    );
    let others = read(&blog.signed_in(other), &page, &token).await.expect(200);
    assert_eq!(
        others,
        json!({ "user_id": other, "following": false, "reaction": "like" })
    );

    let (fact, liked) = like(state.id, viewer, false);
    let token = blog.publish(fact, 2, &liked).await;
    assert_eq!(ask(&token).await["reaction"], Value::Null);
    let nothing = read(&client, "/api/query/viewer", &token).await.expect(200);
    assert_eq!(
        nothing,
        json!({ "user_id": viewer, "following": null, "reaction": null })
    );
    let unknown = format!("/api/query/viewer?post={}", PostId::generate());
    assert_eq!(
        read(&client, &unknown, &token).await.expect(200)["reaction"],
        Value::Null
    );
    client
        .get("/api/query/viewer?post=1")
        .send()
        .await
        .refused(400, "malformed_request");
    blog.finish().await;
}

#[tokio::test]
async fn personal_responses_are_private() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    let (fact, followed) = follow(UserId::generate(), ann.id, true);
    let token = blog.publish(fact, 1, &followed).await;
    let viewer = format!("/api/query/viewer?author={}", ann.id);
    for path in ["/api/query/following", viewer.as_str()] {
        blog.client.get(path).send().await.refused(401, "unauthenticated");
        let forged = blog.client.with_token("forged").get(path).send().await;
        forged.refused(401, "invalid_token");

        let client = blog.signed_in(followed.follower_id);
        let own = read(&client, path, &token).await;
        assert_eq!(
            (own.status, own.header("cache-control")),
            (200, "private, no-cache".to_owned())
        );
        let again = client
            .get(path)
            .header("if-none-match", own.header("etag"))
            .send()
            .await;
        assert_eq!(
            (again.status, again.header("cache-control")),
            (304, "private, no-cache".to_owned())
        );
        let stranger = blog.signed_in(UserId::generate());
        let theirs = stranger
            .get(path)
            .header("if-none-match", own.header("etag"))
            .send()
            .await;
        if path == viewer {
            assert_eq!(theirs.expect(200)["following"], false);
        }
    }
    // A response that lags behind the token is marked, but returned.
    let ahead = format!("follow:{}:{}@2", followed.follower_id, ann.id);
    let stale = blog
        .signed_in(followed.follower_id)
        .get(&viewer)
        .header("consistency-token", &ahead);
    let stale = stale.send().await;
    assert_eq!(
        (stale.header("stale"), stale.expect(200)["following"].clone()),
        ("true".to_owned(), json!(true))
    );
    blog.finish().await;
}
