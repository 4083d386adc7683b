//! Revisions, and the list of own posts.

use serde_json::json;
use tests::Frontend;

use crate::form::FilledForm;

#[tokio::test]
async fn revisions_are_listed_compared_and_restored() {
    let front = Frontend::start().await;
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

    let current = browser.get(&first).await.expect(200);
    let texts = |selector: &str| {
        let all = current.all(selector);
        all.iter()
            .map(|element| element.text().collect::<String>())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(".diff del"), ["Log", "Calm"]);
    assert_eq!(texts(".diff ins"), ["Logbook", "Of a voyage", "Wild"]);
    let previous = browser
        .get(&format!("/posts/{post}/revisions/2?against=previous"))
        .await
        .expect(200);
    assert_eq!(
        (previous.text(".diff del"), previous.text(".diff ins")),
        ("Calm".into(), "Wild".into())
    );
    let first_revision = browser
        .get(&format!("{first}?against=previous"))
        .await
        .expect(200);
    assert!(
        first_revision
            .text("main")
            .contains("There is no earlier revision")
    );
    let latest = browser
        .get(&format!("/posts/{post}/revisions/3"))
        .await
        .expect(200);
    assert!(!latest.has("main form.form") && latest.text("main").contains("This is the current text"));
    for wrong in ["9", "invalid"] {
        browser
            .get(&format!("/posts/{post}/revisions/{wrong}"))
            .await
            .expect(404);
    }

    // The post was changed elsewhere in the meantime.
    let form = FilledForm::of(&current, "main form.form");
    ann.patch(&path, json!({ "body": "Wild sea.\n\nStrong wind." }))
        .await
        .expect(200);
    let conflict = browser.post(&first, &form.fields()).await.expect(412);
    assert!(conflict.text(".alert.error").contains("changed elsewhere"));
    let restored = browser
        .post(&first, &FilledForm::of(&conflict, "main form.form").fields())
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
async fn a_draft_has_a_preview() {
    let front = Frontend::start().await;
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
    assert!(!page.response.text().contains("<script>alert"));
    assert_eq!(page.attribute("meta[name=robots]", "content"), "noindex");
    front.finish().await;
}

#[tokio::test]
async fn own_posts_are_listed_by_status_in_pages() {
    let front = Frontend::start().await;
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
    browser.get("/posts?after=invalid").await.expect(400);
    front.finish().await;
}

#[tokio::test]
async fn an_author_sees_why_a_post_was_taken_down() {
    let front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let post = ann.publish("Shop").await;
    take_down(&front, &post).await;
    let held = browser
        .get_until("/posts", |page| page.has("tbody .badge.rejected"))
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
    let again = FilledForm::of(&page, "form.editor")
        .with("tags", "kept")
        .with("action", "publish");
    let refused = browser.post(&edit, &again.fields()).await.expect(422);
    assert!(
        refused
            .text(".alert.error")
            .contains("Moderation rejected this text"),
        "{}",
        refused.text(".alert.error")
    );
    assert_eq!(FilledForm::of(&refused, "form.editor").value("tags"), "kept");
    front.finish().await;
}

/// Takes the post down as a moderator.
async fn take_down(front: &Frontend, post: &str) {
    let (mut mona, moderator) = front.sign_up_moderator("mona").await;
    let case = format!("/moderation/posts/{post}");
    moderator.get_until(&case, |page| page.status() == 200).await;
    let decision =
        json!({ "decision": "reject", "reason": "spam", "note": "No shops, please.", "revision": 1 });
    mona.put(&format!("/api{case}"), decision).await.expect(200);
}
