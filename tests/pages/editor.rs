//! The editor: saving, publishing, scheduling and deleting.

use serde_json::{Value, json};
use tests::{Browser, Frontend, PageResponse, User};

use crate::form::FilledForm;

const FORM: &str = "form.editor";

/// The form of a new post.
async fn blank(browser: &Browser, title: &str, body: &str) -> FilledForm {
    let page = browser.get("/write").await.expect(200);
    FilledForm::of(&page, FORM)
        .with("title", title)
        .with("body", body)
}

/// Submits the form of a new post, and opens the page that it redirects to.
async fn created(browser: &Browser, form: FilledForm, action: &str) -> (String, PageResponse) {
    let sent = browser
        .post("/write", &form.with("action", action).fields())
        .await
        .expect(303);
    let page = browser.get(&sent.location()).await.expect(200);
    (sent.location(), page)
}

/// The id in `/posts/{id}/edit`.
fn id_in(path: &str) -> String {
    path.split('/').nth(2).unwrap_or_default().to_owned()
}

async fn saved(user: &User, id: &str) -> Value {
    user.get(&format!("/api/posts/{id}")).await.expect(200)
}

async fn own_posts(user: &User) -> usize {
    let all = user.get("/api/posts/mine").await.expect(200);
    all["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_draft_is_previewed_published_and_unpublished() {
    let front = Frontend::start().await;
    let (ann, browser) = front.sign_up("ann").await;
    let form = blank(&browser, "Of <ink>", "First *line*.\r\n\r\nSecond.")
        .await
        .with("tags", "Rust, data bases,")
        .with("summary", "In short");

    let preview = browser
        .post("/write", &form.with("action", "preview").fields())
        .await
        .expect(200);
    assert_eq!(preview.text("#preview .prose em"), "line");
    assert_eq!(preview.text("[data-role=count]"), "3 words, 1 min read");
    assert_eq!(own_posts(&ann).await, 0);
    assert!(preview.has("form.editor[data-unsaved]"));
    let form = FilledForm::of(&preview, FORM);
    assert_eq!(
        (form.value("title"), form.value("tags")),
        ("Of <ink>", "Rust, data bases,")
    );

    let (location, page) = created(&browser, form, "save").await;
    let id = id_in(&location);
    assert_eq!(location, format!("/posts/{id}/edit?done=saved"));
    assert_eq!(
        (page.text(".alert.notice"), page.text(".editor .badge")),
        ("Saved.".into(), "Draft".into())
    );
    assert_eq!(page.attribute(FORM, "data-post-id"), id);
    assert_eq!(page.attribute(FORM, "data-version"), "1");
    assert!(!page.has("form.editor[data-unsaved]"));
    let post = saved(&ann, &id).await;
    assert_eq!(
        (
            &post["title"],
            &post["body"],
            &post["summary"],
            &post["tags"],
            &post["status"]
        ),
        (
            &json!("Of <ink>"),
            &json!("First *line*.\n\nSecond."),
            &json!("In short"),
            &json!(["Rust", "data bases"]),
            &json!("draft")
        )
    );
    front.browser().get("/p/of-ink").await.expect(404);

    let edit = format!("/posts/{id}/edit");
    let form = FilledForm::of(&page, FORM)
        .with("body", "Another.")
        .with("action", "publish");
    let published = browser.post(&edit, &form.fields()).await.expect(303);
    assert_eq!(published.location(), "/p/of-ink");
    // The author reads their own write, by the consistency cookie.
    let read = browser.get("/p/of-ink").await.expect(200);
    assert_eq!(read.text(".prose"), "Another.");

    let page = browser.get(&edit).await.expect(200);
    assert_eq!(page.text("button[value=save]"), "Update");
    assert!(!page.has("#publish_at") && !page.has("button[value=publish]"));
    let form = FilledForm::of(&page, FORM)
        .with("summary", "")
        .with("action", "save");
    browser.post(&edit, &form.fields()).await.expect(303);
    assert_eq!(saved(&ann, &id).await["summary"], Value::Null);
    let form = FilledForm::of(&browser.get(&edit).await, FORM).with("action", "unpublish");
    let back = browser.post(&edit, &form.fields()).await;
    assert_eq!(back.location(), format!("{edit}?done=unpublished"));
    assert_eq!(saved(&ann, &id).await["status"], "draft");
    front
        .browser()
        .get_until("/p/of-ink", |page| page.status() == 404)
        .await;
    front.finish().await;
}

#[tokio::test]
async fn the_policy_of_the_page_allows_the_styles_of_the_editor_only() {
    let front = Frontend::start().await;
    let (_, browser) = front.sign_up("ann").await;
    let page = browser.get("/write").await.expect(200);
    let nonce = page.attribute(FORM, "data-csp-nonce");
    let policy = page.response.header("content-security-policy");
    assert!(
        nonce.len() >= 22 && policy.contains(&format!("style-src 'self' 'nonce-{nonce}';")),
        "{policy}"
    );
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let again = browser.get("/write").await.expect(200);
    assert_ne!(again.attribute(FORM, "data-csp-nonce"), nonce);
    assert_ne!(
        FilledForm::of(&again, FORM).value("key"),
        FilledForm::of(&page, FORM).value("key")
    );
    front.finish().await;
}

#[tokio::test]
async fn a_form_submitted_twice_creates_one_post() {
    let front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let form = blank(&browser, "Once", "Words").await.with("action", "save");
    let first = browser.post("/write", &form.fields()).await.expect(303);
    let second = browser.post("/write", &form.fields()).await.expect(303);
    assert_eq!(first.location(), second.location());
    assert_eq!(own_posts(&ann).await, 1);

    // With changed content it updates the post.
    let changed = form.with("body", "More words");
    let third = browser.post("/write", &changed.fields()).await.expect(303);
    assert_eq!(third.location(), first.location());
    let id = id_in(&first.location());
    assert_eq!(saved(&ann, &id).await["body"], "More words");

    // After a change elsewhere it is a conflict.
    ann.patch(&format!("/api/posts/{id}"), json!({ "body": "Theirs" }))
        .await
        .expect(200);
    let stale = changed.with("body", "From the first form");
    let conflict = browser.post("/write", &stale.fields()).await.expect(412);
    assert_eq!(conflict.attribute(FORM, "action"), format!("/posts/{id}/edit"));
    assert_eq!(
        FilledForm::of(&conflict, FORM).value("body"),
        "From the first form"
    );
    assert_eq!(own_posts(&ann).await, 1);
    assert_eq!(saved(&ann, &id).await["body"], "Theirs");
    front.finish().await;
}

#[tokio::test]
async fn errors_are_shown_at_the_fields_and_input_is_kept() {
    let front = Frontend::start().await;
    let (ann, browser) = front.sign_up("ann").await;
    let form = blank(&browser, "  ", "\r\n Kept & <as> it is ")
        .await
        .with("tags", "fine, a/b")
        .with("cover", "javascript:alert(1)")
        .with("summary", &"x".repeat(501))
        .with("action", "publish");
    let refused = browser.post("/write", &form.fields()).await.expect(422);
    for field in ["title", "tags", "cover", "summary"] {
        assert!(
            refused.has(&format!("#{field}-error")),
            "{field}: {}",
            refused.response.text()
        );
        assert_eq!(refused.attribute(&format!("#{field}"), "aria-invalid"), "true");
    }
    assert!(!refused.has("#body-error"));
    assert!(refused.has("details.more[open]"));
    let again = FilledForm::of(&refused, FORM);
    for field in ["key", "body", "tags", "cover", "summary"] {
        assert_eq!(again.value(field), form.value(field), "{field}");
    }
    assert_eq!(own_posts(&ann).await, 0);

    let empty = blank(&browser, "A title", "").await.with("action", "publish");
    let refused = browser.post("/write", &empty.fields()).await.expect(422);
    assert!(refused.has("#body-error"));
    let long = blank(&browser, "Long", &"ä".repeat(150_000))
        .await
        .with("action", "save");
    let refused = browser.post("/write", &long.fields()).await.expect(422);
    assert!(refused.has("#body-error"));
    assert_eq!(
        FilledForm::of(&refused, FORM).value("body").chars().count(),
        150_000
    );
    front.finish().await;
}

#[tokio::test]
async fn a_conflict_shows_the_differences_and_is_resolved_by_the_author() {
    let front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let form = blank(&browser, "Tides", "The sea was calm that day.\r\n\r\nWe sailed.").await;
    let (location, page) = created(&browser, form, "save").await;
    let (id, edit) = (id_in(&location), location.split('?').next().unwrap().to_owned());
    let theirs = json!({ "body": "The sea was wild that day.\n\nWe sailed." });
    ann.patch(&format!("/api/posts/{id}"), theirs).await.expect(200);

    let typed = FilledForm::of(&page, FORM)
        .with("title", "Tides and winds")
        .with("action", "save");
    let conflict = browser.post(&edit, &typed.fields()).await.expect(412);
    assert_eq!(
        conflict.text("#conflict-title"),
        "This post was changed elsewhere while you were editing"
    );
    let changes: Vec<String> = conflict
        .all(".diff ins")
        .iter()
        .map(|ins| ins.text().collect())
        .collect();
    assert_eq!(changes, [" and winds", "calm"]);
    assert_eq!(conflict.text(".diff del"), "wild");
    assert_eq!(saved(&ann, &id).await["title"], "Tides");

    // The script must not save automatically.
    assert_eq!(conflict.attribute(FORM, "data-version"), "1");
    // The form has the submitted text, based on the saved version.
    let form = FilledForm::of(&conflict, FORM);
    assert_eq!(
        (form.value("title"), form.value("version")),
        ("Tides and winds", "2")
    );
    browser
        .post(&edit, &form.with("action", "save").fields())
        .await
        .expect(303);
    let post = saved(&ann, &id).await;
    assert_eq!(
        (&post["title"], &post["body"]),
        (
            &json!("Tides and winds"),
            &json!("The sea was calm that day.\n\nWe sailed.")
        )
    );

    // Deleting has the same check.
    let stale = typed.with("action", "delete");
    browser.post(&edit, &stale.fields()).await.expect(412);
    saved(&ann, &id).await;
    front.finish().await;
}

#[tokio::test]
async fn a_draft_is_scheduled_rescheduled_and_returned_to_drafts() {
    let front = Frontend::start().await;
    let (ann, browser) = front.sign_up("ann").await;
    let form = blank(&browser, "Later", "Words").await;
    for (time, status) in [("", 422), ("soon", 422), ("2001-01-01T10:00", 422)] {
        let typed = blank(&browser, "Later", "Words")
            .await
            .with("publish_at", time)
            .with("action", "schedule");
        let refused = browser.post("/write", &typed.fields()).await.expect(status);
        assert!(!refused.text("#publish_at-error").is_empty(), "{time}");
        assert_eq!(refused.attribute("#publish_at", "value"), time);
    }
    let (location, page) = created(&browser, form.with("publish_at", "2030-01-31T18:30"), "schedule").await;
    let (id, edit) = (id_in(&location), location.split('?').next().unwrap().to_owned());
    assert_eq!(page.text(".editor .badge"), "Scheduled");
    assert_eq!(page.attribute("#publish_at", "value"), "2030-01-31T18:30");
    assert_eq!(saved(&ann, &id).await["publish_at"], "2030-01-31T18:30:00.000Z");

    let moved = FilledForm::of(&page, FORM)
        .with("publish_at", "2030-02-01T06:00")
        .with("action", "save");
    browser.post(&edit, &moved.fields()).await.expect(303);
    let post = saved(&ann, &id).await;
    assert_eq!(
        (&post["status"], &post["publish_at"]),
        (&json!("scheduled"), &json!("2030-02-01T06:00:00.000Z"))
    );
    let list = browser.get("/posts?status=scheduled").await.expect(200);
    assert!(
        list.text("tbody td:nth-child(2)")
            .contains("1 February 2030, 06:00 UTC")
    );

    let form = FilledForm::of(&browser.get(&edit).await, FORM).with("action", "unschedule");
    let back = browser.post(&edit, &form.fields()).await;
    assert_eq!(back.location(), format!("{edit}?done=unscheduled"));
    let post = saved(&ann, &id).await;
    assert_eq!(
        (&post["status"], &post["publish_at"]),
        (&json!("draft"), &Value::Null)
    );
    front.finish().await;
}

#[tokio::test]
async fn the_text_of_a_deleted_post_can_be_saved_as_a_new_post() {
    let front = Frontend::start().await;
    let (ann, browser) = front.sign_up("ann").await;
    let (location, page) = created(&browser, blank(&browser, "Short", "Words").await, "save").await;
    let edit = location.split('?').next().unwrap().to_owned();
    let form = FilledForm::of(&page, FORM);
    let deleted = browser
        .post(
            &edit,
            &FilledForm::of(&page, FORM).with("action", "delete").fields(),
        )
        .await;
    assert_eq!(deleted.location(), "/posts?done=deleted");
    let list = browser.get("/posts?done=deleted").await.expect(200);
    assert!(list.has(".empty") && list.text(".alert.notice").contains("deleted"));
    browser.get(&edit).await.expect(410);

    let typed = form.with("body", "Typed in another tab").with("action", "save");
    let lost = browser.post(&edit, &typed.fields()).await.expect(410);
    assert!(lost.text(".alert.error").contains("new post"));
    let again = FilledForm::of(&lost, FORM);
    assert_eq!(
        (lost.attribute(FORM, "action").as_str(), again.value("body")),
        ("/write", "Typed in another tab")
    );
    let (location, _) = created(&browser, again, "save").await;
    assert_eq!(
        saved(&ann, &id_in(&location)).await["body"],
        "Typed in another tab"
    );
    front.finish().await;
}

#[tokio::test]
async fn drafts_are_private_and_writing_requires_an_account() {
    let front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let (location, page) = created(&browser, blank(&browser, "Mine", "Secret words").await, "save").await;
    let (id, edit) = (id_in(&location), location.split('?').next().unwrap().to_owned());
    let (_, bob) = front.sign_up("bob").await;
    for path in [
        edit.clone(),
        format!("/posts/{id}/revisions"),
        format!("/posts/{id}/revisions/1"),
        format!("/posts/{id}/preview"),
    ] {
        let refused = bob.get(&path).await.expect(404);
        assert!(!refused.response.text().contains("Secret"), "{path}");
        let redirect = front.browser().get(&path).await;
        assert_eq!(
            redirect.location(),
            format!("/signin?next={}", path.replace('/', "%2F"))
        );
    }
    let theirs = FilledForm::of(&page, FORM)
        .with("body", "Bob was here")
        .with("action", "save");
    let refused = bob.post(&edit, &theirs.fields()).await;
    assert_eq!(refused.status(), 404);
    assert!(refused.text(".alert.error").contains("This post doesn't exist"));
    assert_eq!(saved(&ann, &id).await["body"], "Secret words");
    bob.post_cross_site("/write", &[("title", "Forged"), ("action", "publish")])
        .await
        .expect(403);

    let published = ann.publish("For all").await;
    bob.get(&format!("/posts/{published}/edit")).await.expect(403);
    bob.get("/posts/invalid/edit").await.expect(404);
    for path in ["/write", "/posts"] {
        assert_eq!(front.browser().get(path).await.status(), 303, "{path}");
    }
    front.finish().await;
}

#[tokio::test]
async fn a_preview_says_what_is_left_out() {
    let front = Frontend::start().await;
    let (ann, browser) = front.sign_up("ann").await;
    let body = "One\n\n<blink>two</blink>";
    let explanation = "The tag <blink> is not permitted; its text is shown.";
    let form = blank(&browser, "Title", body).await.with("action", "preview");
    let preview = browser.post("/write", &form.fields()).await.expect(200);
    assert_eq!(
        preview.text("#preview .left-out li"),
        format!("Line 3: {explanation}")
    );
    assert!(preview.text("#preview .prose").ends_with("two"));

    let client = front.web.client();
    let request = || {
        let request = client
            .post("/write/preview")
            .header("origin", "http://localhost:8080");
        request
            .header("accept", "application/json")
            .json(&json!({ "body": body }))
    };
    let cookie = format!("session={}", ann.token);
    let rendered = request().header("cookie", cookie).send().await.expect(200);
    assert_eq!(
        rendered["left_out"],
        json!([{ "line": 3, "explanation": explanation }])
    );
    assert_eq!(rendered["words"], 2);
    assert_eq!(request().send().await.status, 401);
    front.finish().await;
}

#[tokio::test]
async fn input_is_kept_when_the_session_has_ended_or_posts_is_unavailable() {
    let mut front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let form = blank(&browser, "Long work", "Hours of it")
        .await
        .with("action", "save");
    front.stack.posts.stop().await;
    let unavailable = browser.post("/write", &form.fields()).await.expect(503);
    assert!(
        unavailable
            .text(".alert.error")
            .contains("Publishing is temporarily unavailable")
    );
    assert_eq!(FilledForm::of(&unavailable, FORM).value("body"), "Hours of it");
    let list = browser.get("/posts").await.expect(503);
    assert_eq!(list.text("h1"), "Publishing is temporarily unavailable");
    // A preview needs no other service.
    let preview = browser
        .post(
            "/write",
            &FilledForm::of(&unavailable, FORM)
                .with("action", "preview")
                .fields(),
        )
        .await
        .expect(200);
    assert_eq!(preview.text("#preview .prose"), "Hours of it");
    front.stack.posts.start().await;
    let form = FilledForm::of(&preview, FORM).with("action", "save");
    let (location, page) = created(&browser, form, "save").await;
    let edit = location.split('?').next().unwrap().to_owned();

    front.stack.query.stop().await;
    let form = FilledForm::of(&page, FORM).with("body", "More hours");
    let unavailable = browser
        .post(
            &edit,
            &FilledForm::of(&page, FORM)
                .with("body", "More hours")
                .with("action", "preview")
                .fields(),
        )
        .await
        .expect(200);
    assert_eq!(unavailable.text("#preview .prose"), "More hours");
    front.stack.query.start().await;

    ann.post("/api/users/signout", json!({})).await.expect(204);
    let form = form.with("action", "save");
    let out = testkit::eventually("the end of the session is known", async || {
        let page = browser.post(&edit, &form.fields()).await;
        (page.status() == 401).then_some(page)
    })
    .await;
    assert!(out.text(".alert.error").contains("signed out"));
    assert_eq!(
        out.attribute("a[target=_blank]", "href"),
        format!("/signin?next={}", edit.replace('/', "%2F"))
    );
    assert_eq!(FilledForm::of(&out, FORM).value("body"), "More hours");
    let fresh = [("title", "New"), ("body", "Also kept"), ("action", "publish")];
    let out = front.browser().post("/write", &fresh).await.expect(401);
    assert_eq!(FilledForm::of(&out, FORM).value("body"), "Also kept");
    front.finish().await;
}
