//! Public pages.

use serde_json::json;
use tests::Frontend;

#[tokio::test]
async fn a_post_with_comments_appears_on_an_empty_blog() {
    let front = Frontend::start().await;
    let reader = front.browser();
    let empty = reader.get("/").await.expect(200);
    assert_eq!(empty.text(".empty h2"), "No posts yet");
    assert!(empty.has("a[href='/signin']") && !empty.has("details.menu"));

    let (mut ann, browser) = front.sign_up("ann").await;
    let post = ann.publish("Hello, <events> & all").await;
    let home = reader.get_until("/", |page| page.has(".card")).await;
    assert_eq!(home.text(".card h2"), "Hello, <events> & all");
    let path = home.attribute(".card h2 a", "href");
    assert_eq!(path, "/p/hello-events-all");

    ann.comment(&post, "Nice. <script>alert(1)</script>").await;
    let page = reader
        .get_until(&path, |page| {
            page.has(".comment") && page.text("#comments-title") == "1 comment"
        })
        .await;
    assert_eq!(page.text("article.post h1"), "Hello, <events> & all");
    assert!(page.has(".prose em"));
    assert!(!page.response.text().contains("<script>alert"));
    assert_eq!(page.text("#comments-title"), "1 comment");
    assert_eq!(
        page.response.header("cache-control"),
        "public, max-age=0, must-revalidate"
    );
    assert!(!page.has("a[href$='/edit']"));

    let own = browser.get(&path).await.expect(200);
    assert_eq!(own.response.header("cache-control"), "private, no-cache");
    assert_eq!(own.text("details.menu a"), "ann");
    assert_eq!(
        own.attribute("a[href$='/edit']", "href"),
        format!("/posts/{post}/edit")
    );
    front.finish().await;
}

#[tokio::test]
async fn a_former_slug_redirects_permanently() {
    let front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let post = ann.publish("First words").await;
    ann.patch(&format!("/api/posts/{post}"), json!({ "title": "Second words" }))
        .await
        .expect(200);
    let moved = browser
        .get_until("/p/first-words", |page| page.status() == 301)
        .await;
    assert_eq!(moved.location(), "/p/second-words");
    let unknown = browser.get("/p/never-was").await.expect(404);
    assert_eq!(unknown.text("h1"), "Not found");
    front.finish().await;
}

#[tokio::test]
async fn the_head_contains_metadata() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    ann.publish("</script><b>Bold").await;
    let page = front
        .browser()
        .get_until("/p/script-b-bold", |page| page.status() == 200)
        .await;
    let url = "http://localhost:8080/p/script-b-bold";
    assert_eq!(page.attribute("link[rel=canonical]", "href"), url);
    assert_eq!(page.attribute("meta[property='og:url']", "content"), url);
    assert_eq!(page.attribute("meta[property='og:type']", "content"), "article");
    let data: String = page.all("script[type='application/ld+json']")[0].text().collect();
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["headline"], json!("</script><b>Bold"));
    assert!(data.get("image").is_none(), "no cover");
    assert!(!page.has("p.summary"), "it is only an excerpt");
    assert_eq!(data["author"]["url"], json!("http://localhost:8080/@ann"));
    front.finish().await;
}

#[tokio::test]
async fn the_reference_links_to_all_openapi_documents() {
    let front = Frontend::start().await;
    let page = front.browser().get("/api").await.expect(200);
    let site = front.stack.gateway();
    let links = page.all("a[data-document]");
    assert_eq!(links.len(), 5);
    for link in links {
        let path = link.value().attr("href").unwrap();
        site.client(path).get(path).send().await.expect(200);
    }
    front.finish().await;
}

#[tokio::test]
async fn a_form_sent_to_a_former_address_is_sent_to_the_current_one() {
    let front = Frontend::start().await;
    let (mut ann, own) = front.sign_up("ann").await;
    let post = ann.publish("Before").await;
    ann.wait_for_post(&post).await;
    let renamed = serde_json::json!({ "title": "After" });
    ann.patch(&format!("/api/posts/{post}"), renamed)
        .await
        .expect(200);
    let own = own.with_consistency_token(ann.consistency_token());
    let form = [("body", "Nothing is lost.")];
    let sent = own.post("/p/before/comments", &form).await.expect(308);
    assert_eq!(sent.location(), "/p/after/comments");
    assert_eq!(
        own.post("/p/before/reaction", &[]).await.expect(308).location(),
        "/p/after/reaction"
    );
    let page = own.get("/p/before?reply=x").await.expect(301);
    assert_eq!(page.location(), "/p/after?reply=x");
    let posted = own.post(&sent.location(), &form).await.expect(303);
    assert!(posted.location().starts_with("/p/after#comment-"));
    front.finish().await;
}
