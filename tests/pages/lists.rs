//! Lists of posts: paging, tags, authors, following, search, archive.

use serde_json::json;
use tests::{Frontend, PageResponse};

fn titles(page: &PageResponse) -> Vec<String> {
    let cards = page.all(".card h2");
    cards.iter().map(|card| card.text().collect()).collect()
}

#[tokio::test]
async fn older_posts_are_on_further_pages() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    for number in 0..25 {
        ann.publish(&format!("Post {number}")).await;
    }
    let reader = front.browser();
    let first = reader
        .get_until("/", |page| page.text(".card h2") == "Post 24")
        .await;
    assert_eq!(titles(&first).len(), 20);
    let second = reader
        .get(&first.attribute("a[rel=next]", "href"))
        .await
        .expect(200);
    assert_eq!(
        titles(&second),
        ["Post 4", "Post 3", "Post 2", "Post 1", "Post 0"]
    );
    assert!(!second.has("a[rel=next]"));
    let wrong = reader.get("/?after=invalid").await.expect(400);
    assert_eq!(wrong.text("h1"), "Invalid request");
    front.finish().await;
}

#[tokio::test]
async fn a_tag_lists_its_posts() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    for (title, tags) in [("One", json!(["Rust", "größe"])), ("Two", json!(["rust"]))] {
        let body = json!({ "title": title, "body": "x", "tags": tags, "status": "published" });
        ann.post("/api/posts", body).await.expect(201);
    }
    let reader = front.browser();
    let all = reader
        .get_until("/tags", |page| {
            page.all("a.tag").len() == 2 && page.text("a.tag") == "rust2"
        })
        .await;
    assert_eq!(all.attribute("a.tag", "href"), "/tags/rust");
    let rust = reader
        .get_until("/tags/Rust", |page| titles(page).len() == 2)
        .await;
    assert_eq!(rust.text("h1"), "rust");
    assert_eq!(
        rust.attribute("link[rel=canonical]", "href"),
        "http://localhost:8080/tags/rust"
    );
    assert!(rust.has("link[href='/tags/rust/feed.atom']"));
    let other = all.all("a.tag")[1].value().attr("href").unwrap();
    assert_eq!(titles(&reader.get(other).await.expect(200)), ["One"]);
    assert_eq!(reader.get("/tags/unknown").await.status(), 404);
    front.finish().await;
}

#[tokio::test]
async fn following_and_liking_work_without_scripts() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (_, bob) = front.sign_up("bob").await;
    ann.publish("Words of Ann").await;

    let anonymous = front.browser().get("/following").await;
    assert_eq!(anonymous.location(), "/signin?next=%2Ffollowing");
    let empty = bob.get("/following").await.expect(200);
    assert_eq!(empty.text(".empty h2"), "You aren't following anyone yet");

    let post = bob
        .get_until("/p/words-of-ann", |page| page.status() == 200)
        .await;
    assert_eq!(
        post.attribute("form[data-island=follow]", "data-followed"),
        "false"
    );
    let done = bob
        .post("/@ann/follow", &[("follow", "true"), ("next", "/p/words-of-ann")])
        .await;
    assert_eq!(
        (done.status(), done.location()),
        (303, "/p/words-of-ann".to_owned())
    );
    assert!(
        !bob.cookie("consistency").is_empty(),
        "the next page includes the write"
    );
    let post = bob.get("/p/words-of-ann").await.expect(200);
    assert_eq!(
        post.attribute("form[data-island=follow]", "data-followed"),
        "true"
    );
    assert_eq!(
        post.attribute("form[data-island=follow] button", "value"),
        "false"
    );
    assert_eq!(titles(&bob.get("/following").await.expect(200)), ["Words of Ann"]);
    let profile = bob.get("/@ann").await.expect(200);
    assert_eq!(profile.text("form[data-island=follow] button"), "Following");

    bob.post("/p/words-of-ann/reaction", &[("reaction", "like")])
        .await
        .expect(303);
    let liked = bob.get("/p/words-of-ann").await.expect(200);
    assert_eq!(liked.attribute("button.reaction", "aria-pressed"), "true");
    assert_eq!(liked.text("button.reaction .count"), "1");
    bob.post("/p/words-of-ann/reaction", &[("reaction", "none")])
        .await
        .expect(303);
    assert_eq!(
        bob.get("/p/words-of-ann")
            .await
            .attribute("button.reaction", "aria-pressed"),
        "false"
    );

    let forged = bob.post_cross_site("/@ann/follow", &[("follow", "false")]).await;
    assert_eq!(forged.status(), 403);
    let anonymous = front.browser().post("/@ann/follow", &[("follow", "true")]).await;
    assert!(anonymous.location().starts_with("/signin?next="));
    front.finish().await;
}

#[tokio::test]
async fn a_profile_shows_the_user_and_their_posts() {
    let front = Frontend::start().await;
    let (mut ann, own) = front.sign_up("ann").await;
    let reader = front.browser();
    let empty = own.get("/@ann").await.expect(200);
    assert_eq!(empty.text(".empty h2"), "You haven't published anything yet");
    assert!(!empty.has("form[data-island=follow]"));
    ann.patch(
        "/api/users/me",
        json!({ "name": "Ann <b>", "bio": "Writes & reads." }),
    )
    .await
    .expect(200);
    ann.publish("Words").await;
    let page = reader
        .get_until("/@ANN", |page| {
            titles(page) == ["Words"] && page.text("h1") == "Ann <b>"
        })
        .await;
    assert_eq!(
        page.attribute("meta[name=description]", "content"),
        "Writes & reads."
    );
    assert_eq!(
        page.attribute("link[rel=canonical]", "href"),
        "http://localhost:8080/@ann"
    );
    assert_eq!(reader.get("/@nobody").await.expect(404).text("h1"), "Not found");
    front.finish().await;
}

#[tokio::test]
async fn search_matches_the_beginnings_of_words() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    ann.publish("Winter gardens").await;
    ann.publish("Summer notes").await;
    let reader = front.browser();
    let found = reader
        .get_until("/search?q=gard", |page| titles(page) == ["Winter gardens"])
        .await;
    assert_eq!(found.attribute("#q", "value"), "gard");
    assert_eq!(found.attribute("meta[name=robots]", "content"), "noindex");
    let none = reader.get("/search?q=%22%3E%3Cscript%3E").await.expect(200);
    assert_eq!(none.text(".empty h2"), "No results");
    assert_eq!(none.attribute("#q", "value"), "\"><script>");
    let tagged = reader
        .get_until("/search?q=notes&tag=news", |page| {
            titles(page) == ["Summer notes"]
        })
        .await;
    assert_eq!(tagged.attribute("input[name=tag]", "value"), "news");
    reader
        .get_until("/search", |page| page.has("a.tag[href='/tags/news']"))
        .await;
    let long = reader
        .get(&format!("/search?q={}", "x".repeat(201)))
        .await
        .expect(422);
    assert!(long.has("#q-error") && long.attribute("#q", "aria-invalid") == "true");
    front.finish().await;
}

#[tokio::test]
async fn the_archive_is_grouped_by_months() {
    let front = Frontend::start().await;
    let reader = front.browser();
    assert!(reader.get("/archive").await.expect(200).has(".empty"));
    let (mut ann, _) = front.sign_up("ann").await;
    ann.publish("Words").await;
    let months = reader.get_until("/archive", |page| page.has(".archive li")).await;
    assert_eq!(months.text(".archive .count"), "1 post");
    let month = months.attribute(".archive a", "href");
    let page = reader.get(&month).await.expect(200);
    assert_eq!(page.attribute(".archive a", "href"), "/p/words");
    for path in ["/archive/1999/01", "/archive/2026/13", "/archive/2026/1"] {
        assert_eq!(reader.get(path).await.status(), 404, "{path}");
    }
    front.finish().await;
}
