//! The texts that a post had, and the list of one's own posts.

use serde_json::json;
use tests::Front;

use crate::filled::Filled;

#[tokio::test]
async fn earlier_texts_are_listed_compared_and_brought_back() {
    let front = Front::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let body = json!({ "title": "Log", "body": "Calm sea.\n\nNo wind.", "status": "draft" });
    let post = ann.post("/api/posts", body).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/posts/{post}");
    ann.patch(&path, json!({ "body": "Wild sea.\n\nNo wind." }))
        .await
        .expect(200);
    ann.patch(&path, json!({ "title": "Logbook", "summary": "Of a voyage" }))
        .await
        .expect(200);

    let list = browser.get(&format!("/posts/{post}/revisions")).await.expect(200);
    assert_eq!(list.all("tbody tr").len(), 3);
    assert_eq!(list.text("tbody tr:first-child .badge"), "Current");
    let first = list.attribute("tbody tr:last-child a", "href");
    assert_eq!(first, format!("/posts/{post}/revisions/1"));

    let came_of_it = browser.get(&first).await.expect(200);
    let texts = |selector: &str| {
        let all = came_of_it.all(selector);
        all.iter()
            .map(|element| element.text().collect::<String>())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(".diff del"), ["Log", "Calm"]);
    assert_eq!(texts(".diff ins"), ["Logbook", "Of a voyage", "Wild"]);
    let it_changed = browser
        .get(&format!("/posts/{post}/revisions/2?against=before"))
        .await
        .expect(200);
    assert_eq!(
        (it_changed.text(".diff del"), it_changed.text(".diff ins")),
        ("Calm".into(), "Wild".into())
    );
    let begun = browser.get(&format!("{first}?against=before")).await.expect(200);
    assert!(begun.text("main").contains("There is no earlier revision"));
    let present = browser
        .get(&format!("/posts/{post}/revisions/3"))
        .await
        .expect(200);
    assert!(!present.has("main form.form") && present.text("main").contains("This is the current text"));
    for wrong in ["9", "nonsense"] {
        browser
            .get(&format!("/posts/{post}/revisions/{wrong}"))
            .await
            .expect(404);
    }

    // It was changed elsewhere meanwhile: one looks again first.
    let form = Filled::of(&came_of_it, "main form.form");
    ann.patch(&path, json!({ "body": "Wild sea.\n\nStrong wind." }))
        .await
        .expect(200);
    let conflict = browser.post(&first, &form.fields()).await.expect(412);
    assert!(conflict.text(".alert.error").contains("changed elsewhere"));
    let restored = browser
        .post(&first, &Filled::of(&conflict, "main form.form").fields())
        .await;
    assert_eq!(restored.location(), format!("/posts/{post}/edit?done=restored"));
    let saved = ann.get(&path).await.expect(200);
    assert_eq!(
        (&saved["title"], &saved["body"], &saved["summary"]),
        (&json!("Log"), &json!("Calm sea.\n\nNo wind."), &json!(null))
    );
    let page = browser.get(&restored.location()).await.expect(200);
    assert_eq!(page.text(".alert.notice"), "Revision restored.");
    front.finish().await;
}

#[tokio::test]
async fn a_draft_is_seen_as_readers_will_see_it() {
    let front = Front::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let body =
        json!({ "title": "Draft", "body": "Some *words*. <script>alert(1)</script>", "tags": ["sea"] });
    let post = ann.post("/api/posts", body).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = browser.get(&format!("/posts/{post}/preview")).await.expect(200);
    assert_eq!(
        (page.text("article h1"), page.text(".prose em")),
        ("Draft".into(), "words".into())
    );
    assert!(!page.answer.text().contains("<script>alert"));
    assert_eq!(page.attribute("meta[name=robots]", "content"), "noindex");
    front.finish().await;
}

#[tokio::test]
async fn one_s_posts_are_found_by_where_they_stand_and_in_pages() {
    let front = Front::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let empty = browser.get("/posts").await.expect(200);
    assert_eq!(empty.text(".empty h2"), "No drafts");
    for number in 0..23 {
        let body = json!({ "title": format!("Draft {number}"), "body": "" });
        ann.post("/api/posts", body).await.expect(201);
    }
    ann.publish("Out there").await;

    let first = browser.get("/posts").await.expect(200);
    assert_eq!(first.all("tbody tr").len(), 20);
    assert_eq!(first.text("tbody td.title a"), "Draft 22");
    assert_eq!(first.text(".tabs [aria-current]"), "Drafts");
    let second = browser
        .get(&first.attribute("a[rel=next]", "href"))
        .await
        .expect(200);
    assert_eq!(second.all("tbody tr").len(), 3);
    assert!(!second.has("a[rel=next]"));

    let published = browser.get("/posts?status=published").await.expect(200);
    assert_eq!(published.all("tbody tr").len(), 1);
    assert_eq!(published.attribute("tbody .actions a", "href"), "/p/out-there");
    assert_eq!(published.text(".tabs [aria-current]"), "Published");
    browser.get("/posts?after=nonsense").await.expect(400);
    front.finish().await;
}

#[tokio::test]
async fn an_author_is_told_why_a_post_is_not_shown() {
    let front = Front::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let post = ann.publish("Shop").await;
    taken_down(&front, &post).await;
    let held = browser
        .get_until("/posts", |seen| seen.has("tbody .badge.rejected"))
        .await;
    assert_eq!(
        held.text("tbody .hint"),
        "Taken down spam or advertising: No shops, please."
    );

    let edit = format!("/posts/{post}/edit");
    let page = browser.get(&edit).await.expect(200);
    assert_eq!(page.text(".alert .badge.rejected"), "Taken down");
    assert!(
        page.text(".alert.warning")
            .contains("Reason: spam or advertising.")
    );
    let again = Filled::of(&page, "form.editor")
        .with("tags", "kept")
        .with("action", "publish");
    let refused = browser.post(&edit, &again.fields()).await.expect(422);
    assert!(
        refused.text(".alert.error").contains("This text was refused"),
        "{}",
        refused.text(".alert.error")
    );
    assert_eq!(Filled::of(&refused, "form.editor").value("tags"), "kept");
    front.finish().await;
}

/// A moderator takes the post down.
async fn taken_down(front: &Front, post: &str) {
    let (mut mona, moderator) = front.sign_up_moderator("mona").await;
    let case = format!("/moderation/posts/{post}");
    moderator.get_until(&case, |seen| seen.status() == 200).await;
    let decision =
        json!({ "decision": "reject", "reason": "spam", "note": "No shops, please.", "revision": 1 });
    mona.put(&format!("/api{case}"), decision).await.expect(200);
}
