//! The list of one's own posts.

use serde_json::{Value, json};
use testkit::Response;

use crate::fixture::World;

fn titles(answer: &Response) -> Vec<String> {
    let page = answer.expect(200);
    let titles = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned());
    titles.collect()
}

#[tokio::test]
async fn own_posts_are_listed_by_status_without_their_bodies() {
    let world = World::start().await;
    let (ann, bob) = (world.author("ann"), world.author("bob"));
    bob.write("Bob's", "published").await;
    let draft = ann.write("Draft", "draft").await;
    ann.write("Public", "published").await;
    let ahead = common::event::Timestamp::now().plus(std::time::Duration::from_secs(3600));
    let planned = json!({ "title": "Planned", "body": "x", "publish_at": ahead });
    assert_eq!(ann.post(&planned).await.expect(201)["status"], "scheduled");

    let all = ann.get("/api/posts/mine").await;
    assert_eq!(titles(&all), ["Planned", "Public", "Draft"]);
    assert_eq!(all.json()["next"], Value::Null);
    let first = &all.json()["items"][0];
    assert_eq!(
        (&first["publish_at"], &first["version"]),
        (&json!(ahead), &json!(1))
    );
    assert!(first.get("body").is_none(), "{first}");
    for (status, title) in [
        ("draft", "Draft"),
        ("scheduled", "Planned"),
        ("published", "Public"),
    ] {
        let answer = ann.get(&format!("/api/posts/mine?status={status}")).await;
        assert_eq!(titles(&answer), [title]);
        assert_eq!(answer.json()["items"][0]["status"], status);
    }
    ann.edit(&draft, &json!({ "tags": ["touched"] }))
        .await
        .expect(200);
    assert_eq!(
        titles(&ann.get("/api/posts/mine").await)[0],
        "Draft",
        "latest change first"
    );
    world.finish().await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps_or_repetition() {
    let world = World::start().await;
    let ann = world.author("ann");
    for n in 0..7 {
        ann.write(
            &format!("Post {n}"),
            if n % 2 == 0 { "draft" } else { "published" },
        )
        .await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/posts/mine?limit=3".to_owned();
    loop {
        let answer = ann.get(&path).await;
        seen.push(titles(&answer));
        match answer.json()["next"].as_str() {
            Some(next) => path = format!("/api/posts/mine?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    let expected: Vec<String> = (0..7).rev().map(|n| format!("Post {n}")).collect();
    assert_eq!(seen.concat(), expected);
    world.finish().await;
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let world = World::start().await;
    let ann = world.author("ann");
    ann.get("/api/posts/mine?limit=0")
        .await
        .refused_field(422, "out_of_range", "limit");
    ann.get("/api/posts/mine?limit=101")
        .await
        .refused_field(422, "out_of_range", "limit");
    ann.get("/api/posts/mine?cursor=nonsense")
        .await
        .refused(400, "invalid_cursor");
    let odd = ann.get("/api/posts/mine?status=deleted").await;
    assert!(matches!(odd.status, 400 | 422), "{}", odd.text());
    world
        .anonymous()
        .get("/api/posts/mine")
        .send()
        .await
        .refused(401, "unauthenticated");
    world.finish().await;
}
