//! Posts by search terms, time and id; tags by prefix; users by id.

use common::{
    event::{PostFact, PostState, Timestamp},
    ids::{PostId, UserId},
};
use serde_json::{Value, json};

use crate::blog::{Blog, post};

/// A post published on `day`.
fn titled(author: UserId, title: &str, tags: &[&str], day: &str) -> PostState {
    let slug = title
        .to_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let mut state = post(author, &slug, "Neither title nor tag: hidden words.");
    state.published_at = Some(format!("{day}T12:00:00Z").parse::<Timestamp>().unwrap());
    let content = state.content.as_mut().unwrap();
    content.title = title.to_owned();
    content.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    state
}

async fn titles(blog: &Blog, query: &str, token: &str) -> Vec<String> {
    let page = blog.read_json(&format!("/api/query/posts?{query}"), token).await;
    let titles = page["items"].as_array().unwrap().iter();
    titles
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn posts_are_found_by_prefixes_of_words_of_their_title_and_tags() {
    let blog = Blog::start().await;
    let (ann, bob) = (blog.create_user("ann").await, blog.create_user("bob").await);
    for state in [
        titled(ann.id, "L’Été à Zürich", &["travel"], "2026-01-01"),
        titled(
            bob.id,
            "Rust for summer nights",
            &["event-sourcing"],
            "2026-01-02",
        ),
        titled(ann.id, "Rusty nails", &["diy", "travel"], "2026-01-03"),
    ] {
        blog.publish_post(&state).await;
    }
    let last = titled(ann.id, "Rust in Zurich", &["rust"], "2026-01-04");
    let token = blog.publish_post(&last).await;

    for (query, expected) in [
        (
            "q=rust",
            &["Rust in Zurich", "Rusty nails", "Rust for summer nights"][..],
        ),
        ("q=RUST+z%C3%BCr", &["Rust in Zurich"]),
        ("q=zurich+ete", &["L’Été à Zürich"]),
        ("q=sourc", &["Rust for summer nights"]),
        ("q=rust&author=ANN", &["Rust in Zurich", "Rusty nails"]),
        ("q=rust&tag=travel", &["Rusty nails"]),
        ("q=rust&tag=travel&author=bob", &[]),
        ("q=hidden", &[]),
        ("q=ust", &[]),
        ("q=%21%3F", &[]),
    ] {
        assert_eq!(titles(&blog, query, &token).await, expected, "{query}");
    }
    assert_eq!(
        titles(&blog, "q=++", &token).await.len(),
        4,
        "blanks are no filter"
    );

    // Page by page, newest first.
    let first = blog.read_json("/api/query/posts?q=r&limit=2", &token).await;
    assert_eq!(first["items"][1]["title"], "Rusty nails");
    let next = first["next"].as_str().unwrap();
    let second = blog
        .read_json(&format!("/api/query/posts?q=r&limit=2&cursor={next}"), &token)
        .await;
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&second["items"][0]["title"], &second["next"]),
        (&json!("Rust for summer nights"), &Value::Null)
    );

    // A former title no longer matches, and the cache is updated.
    let mut renamed = last.clone();
    renamed.content.as_mut().unwrap().title = "Iron".to_owned();
    let token = blog.publish(PostFact::Updated, 2, &renamed).await;
    assert_eq!(titles(&blog, "q=rust+zur", &token).await, Vec::<String>::new());
    assert_eq!(titles(&blog, "q=iron", &token).await, ["Iron"]);
    blog.finish().await;
}

#[tokio::test]
async fn a_search_is_cached_until_a_post_changes() {
    let blog = Blog::start().await;
    let token = blog
        .publish_post(&titled(UserId::generate(), "First light", &[], "2026-01-01"))
        .await;
    let first = blog.read("/api/query/posts?q=light", &token).await;
    let again = blog
        .client
        .get("/api/query/posts?q=light")
        .header("if-none-match", first.header("etag"));
    let again = again.send().await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert!(again.header("cache-control").starts_with("public"));
    let token = blog
        .publish_post(&titled(UserId::generate(), "Second light", &[], "2026-01-02"))
        .await;
    assert_eq!(
        titles(&blog, "q=light", &token).await,
        ["Second light", "First light"]
    );
    blog.finish().await;
}

#[tokio::test]
async fn posts_are_found_by_their_time_of_publication() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    let mut token = String::new();
    for (title, day) in [
        ("a", "2025-12-31"),
        ("b", "2026-01-01"),
        ("c", "2026-01-31"),
        ("d", "2026-02-01"),
    ] {
        token = blog.publish_post(&titled(ann.id, title, &["rust"], day)).await;
    }
    for (query, expected) in [
        ("from=2026-01-01&to=2026-02-01", &["c", "b"][..]),
        ("from=2026-01-01T12:00:00Z", &["d", "c", "b"]),
        ("from=2026-01-01T12:00:00.001Z", &["d", "c"]),
        ("to=2026-01-01T12:00:00Z", &["a"]),
        (
            "from=2026-01-01T14:00:00%2B02:00&to=2026-01-02&tag=rust&author=ann&q=b",
            &["b"],
        ),
        ("from=2027-01-01", &[]),
    ] {
        assert_eq!(titles(&blog, query, &token).await, expected, "{query}");
    }
    let page = "from=2025-12-31&to=2026-02-01&limit=2";
    let first = blog.read_json(&format!("/api/query/posts?{page}"), &token).await;
    let cursor = first["next"].as_str().unwrap();
    assert_eq!(
        titles(&blog, &format!("{page}&cursor={cursor}"), &token).await,
        ["a"]
    );

    let addresses = blog
        .read_json("/api/query/sitemap?from=2026-01-01&to=2026-02-01&limit=1", &token)
        .await;
    let updated_at = &addresses["items"][0]["updated_at"];
    assert_eq!(
        addresses["items"],
        json!([{ "slug": "c", "updated_at": updated_at }])
    );
    assert!(updated_at.is_string());
    let cursor = addresses["next"].as_str().unwrap();
    let rest = blog
        .read_json(
            &format!("/api/query/sitemap?from=2026-01-01&cursor={cursor}"),
            &token,
        )
        .await;
    assert_eq!(
        (&rest["items"][0]["slug"], &rest["next"]),
        (&json!("b"), &Value::Null)
    );
    blog.finish().await;
}

#[tokio::test]
async fn posts_and_users_are_found_by_their_ids() {
    let blog = Blog::start().await;
    let (ann, bob) = (blog.create_user("ann").await, blog.create_user("bob").await);
    let (one, two) = (
        titled(ann.id, "one", &[], "2026-01-01"),
        titled(bob.id, "two", &[], "2026-01-02"),
    );
    blog.publish_post(&one).await;
    blog.publish_post(&titled(ann.id, "three", &[], "2026-01-03"))
        .await;
    let token = blog.publish_post(&two).await;

    let ids = format!("{}, {},{}", one.id, two.id, PostId::generate()).replace(' ', "%20");
    assert_eq!(titles(&blog, &format!("ids={ids}"), &token).await, ["two", "one"]);
    assert_eq!(
        titles(&blog, &format!("ids={ids}&author=ann"), &token).await,
        ["one"]
    );
    assert_eq!(titles(&blog, "ids=", &token).await, Vec::<String>::new());

    let users = blog
        .read_json(
            &format!("/api/query/users?ids={},{}", bob.id, UserId::generate()),
            &token,
        )
        .await;
    assert_eq!(
        users,
        json!({ "items": [{ "id": bob.id, "username": "bob", "name": "bob the Great" }], "next": null })
    );
    blog.finish().await;
}

#[tokio::test]
async fn tags_are_found_by_prefix_in_pages() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    blog.publish_post(&titled(
        ann.id,
        "a",
        &["event-sourcing", "events", "rust"],
        "2026-01-01",
    ))
    .await;
    blog.publish_post(&titled(ann.id, "b", &["event-sourcing", "éclair"], "2026-01-01"))
        .await;
    let token = blog
        .publish_post(&titled(
            ann.id,
            "c",
            &["rust", "event-sourcing", "eve"],
            "2026-01-01",
        ))
        .await;
    let tags = async |query: &str| {
        let page = blog.read_json(&format!("/api/query/tags?{query}"), &token).await;
        let items = page["items"].as_array().unwrap().iter();
        let tags: Vec<String> = items
            .map(|item| item["tag"].as_str().unwrap().to_owned())
            .collect();
        (tags, page["next"].as_str().map(str::to_owned))
    };
    assert_eq!(tags("prefix=Eve").await.0, ["event-sourcing", "eve", "events"]);
    assert_eq!(tags("prefix=event%20S").await.0, ["event-sourcing"]);
    assert_eq!(tags("prefix=E%CC%81").await.0, ["éclair"]);
    assert_eq!(tags("prefix=x").await.0, Vec::<String>::new());
    let (mut all, mut next) = tags("limit=2").await;
    assert_eq!(all, ["event-sourcing", "rust"]);
    while let Some(cursor) = next {
        let page = tags(&format!("limit=2&cursor={cursor}")).await;
        all.extend(page.0);
        next = page.1;
    }
    assert_eq!(all, ["event-sourcing", "rust", "eve", "events", "éclair"]);
    blog.finish().await;
}

#[tokio::test]
async fn invalid_filters_are_rejected() {
    let blog = Blog::start().await;
    let get = async |path: &str| blog.client.get(&format!("/api/query/{path}")).send().await;
    get(&format!("posts?q={}", "x".repeat(201)))
        .await
        .refused_field(422, "too_long", "q");
    let words: Vec<String> = (10..43).map(|number| number.to_string()).collect();
    get(&format!("posts?q={}", words.join("+")))
        .await
        .refused_field(422, "too_many", "q");
    get("posts?from=yesterday")
        .await
        .refused_field(422, "invalid_value", "from");
    get("posts?to=2026-02-30")
        .await
        .refused_field(422, "invalid_value", "to");
    get("posts?from=2026-02-01&to=2026-02-01")
        .await
        .refused_field(422, "invalid_value", "to");
    get("sitemap?from=2026-02-02&to=2026-02-01")
        .await
        .refused_field(422, "invalid_value", "to");
    get("posts?ids=1,2")
        .await
        .refused_field(422, "invalid_value", "ids");
    let ids: Vec<String> = (0..101).map(|_| PostId::generate().to_string()).collect();
    get(&format!("posts?ids={}", ids.join(",")))
        .await
        .refused_field(422, "too_many", "ids");
    get("users").await.refused_field(422, "required", "ids");
    get(&format!("users?ids={}", ids.join(",")))
        .await
        .refused_field(422, "too_many", "ids");
    get(&format!("tags?prefix={}", "x".repeat(201)))
        .await
        .refused_field(422, "too_long", "prefix");
    for list in ["tags", "archive", "sitemap"] {
        get(&format!("{list}?cursor=nonsense"))
            .await
            .refused(400, "invalid_cursor");
        get(&format!("{list}?limit=101"))
            .await
            .refused_field(422, "out_of_range", "limit");
    }
    blog.finish().await;
}
