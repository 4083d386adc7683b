//! Comments: posting, replying, pending comments, editing and deleting.

use serde_json::json;
use tests::Frontend;

#[tokio::test]
async fn a_comment_and_a_reply_are_posted() {
    let front = Frontend::start().await;
    let (mut ann, ann_browser) = front.sign_up("ann").await;
    let (_, ben) = front.sign_up("ben").await;
    ann.publish("On comments").await;
    let page = ben.get_until("/p/on-comments", |page| page.status() == 200).await;
    assert_eq!(page.text("#comments-title"), "No comments yet");
    let key = page.attribute("#comment-new input[name=key]", "value");

    let posted = ben
        .post(
            "/p/on-comments/comments",
            &[("key", &key), ("body", "A *first* thought")],
        )
        .await
        .expect(303);
    let (path, anchor) = posted
        .location()
        .split_once('#')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert_eq!(path, "/p/on-comments");
    let own = ben.get(&path).await.expect(200);
    assert!(
        own.has(&format!("#{anchor}[data-own]")),
        "the author sees it immediately"
    );

    // Submitting the form again returns the first result.
    let again = ben
        .post(
            "/p/on-comments/comments",
            &[("key", &key), ("body", "A *first* thought")],
        )
        .await
        .expect(303);
    assert_eq!(again.location(), posted.location());

    // Others see it when it is approved, and reply.
    let id = anchor.strip_prefix("comment-").unwrap().to_owned();
    let page = ann_browser
        .get_until(&path, |page| page.has(&format!("#{anchor} .comment-body em")))
        .await;
    assert_eq!(page.text("#comments-title"), "1 comment");
    let reply = page.attribute(&format!("#{anchor} [data-action=reply]"), "href");
    assert_eq!(reply, format!("/p/on-comments?reply={id}#comment-new"));
    let form = ann_browser
        .get(reply.split('#').next().unwrap())
        .await
        .expect(200);
    assert_eq!(form.attribute("#comment-new input[name=parent_id]", "value"), id);
    ann_browser
        .post(
            "/p/on-comments/comments",
            &[("parent_id", &id), ("body", "A second one")],
        )
        .await
        .expect(303);
    front
        .browser()
        .get_until(&path, |page| page.has(&format!("#{anchor} .replies .comment")))
        .await;
    front.finish().await;
}

#[tokio::test]
async fn errors_are_shown_at_the_field_and_input_is_kept() {
    let front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    ann.publish("Strict").await;
    browser.get_until("/p/strict", |page| page.status() == 200).await;
    let empty = browser
        .post("/p/strict/comments", &[("body", "  ")])
        .await
        .expect(422);
    assert!(empty.has("#body[aria-invalid]") && !empty.text("#body-error").is_empty());
    let long = "x".repeat(5001);
    let refused = browser
        .post("/p/strict/comments", &[("body", &long)])
        .await
        .expect(422);
    assert_eq!(refused.text("#body").trim(), long);

    let anonymous = front.browser();
    let kept = anonymous
        .post("/p/strict/comments", &[("body", "My words")])
        .await
        .expect(401);
    assert_eq!(kept.text("#body").trim(), "My words");
    assert!(
        anonymous
            .get("/p/strict")
            .await
            .expect(200)
            .has("a[href^='/signin']")
    );
    anonymous
        .post("/p/nowhere/comments", &[("body", "x")])
        .await
        .expect(404);
    browser
        .post_cross_site("/p/strict/comments", &[("body", "x")])
        .await
        .expect(403);
    front.finish().await;
}

#[tokio::test]
async fn a_comment_is_edited_and_deleted_by_its_author_only() {
    let front = Frontend::start().await;
    let (mut ann, ann_browser) = front.sign_up("ann").await;
    let (mut ben, ben_browser) = front.sign_up("ben").await;
    let post = ann.publish("Second thoughts").await;
    let id = ben.comment(&post, "First words").await;
    let edit = format!("/comments/{id}/edit");

    let form = ben_browser.get(&edit).await.expect(200);
    assert_eq!(form.text("#body").trim(), "First words");
    ann_browser.get(&edit).await.expect(404);
    front.browser().get(&edit).await.expect(303);
    let version = form.attribute("form.full input[name=version]", "value");

    // After a change elsewhere the input is kept, and saving again replaces the saved text.
    ben.patch(&format!("/api/comments/{id}"), json!({ "body": "Other words" }))
        .await
        .expect(200);
    let fields = [
        ("version", version.as_str()),
        ("body", "My own words"),
        ("action", "save"),
    ];
    let conflict = ben_browser.post(&edit, &fields).await.expect(412);
    assert!(conflict.text("main").contains("Other words"));
    assert_eq!(conflict.text("#body").trim(), "My own words");
    let (anchor, path) = (format!("#comment-{id}"), "/p/second-thoughts");
    let mut current = conflict.attribute("form.full input[name=version]", "value");
    // A verdict about the other text may come in between.
    let saved = loop {
        let fields = [
            ("version", current.as_str()),
            ("body", "My own words"),
            ("action", "save"),
        ];
        let saved = ben_browser.post(&edit, &fields).await;
        if saved.status() == 303 {
            break saved;
        }
        current = saved
            .expect(412)
            .attribute("form.full input[name=version]", "value");
    };
    assert_eq!(saved.location(), format!("{path}{anchor}"));
    ann_browser
        .get_until(path, |page| {
            page.text(&format!("{anchor} .comment-body"))
                .contains("My own words")
        })
        .await;

    let mine = ben_browser.get("/comments").await.expect(200);
    assert!(mine.text(".comments").contains("My own words"));
    assert!(mine.has(&format!("a[href='{path}{anchor}']")));
    loop {
        let version = ben_browser
            .get(&edit)
            .await
            .expect(200)
            .attribute("form.full input[name=version]", "value");
        let deleted = ben_browser
            .post(&edit, &[("version", &version), ("action", "delete")])
            .await;
        if deleted.status() == 303 {
            assert_eq!(deleted.location(), "/comments?done=deleted");
            break;
        }
        deleted.expect(412);
    }
    ann_browser
        .get_until(path, |page| {
            !page.has(&anchor) || page.has(&format!("{anchor}.deleted"))
        })
        .await;
    ben_browser.get(&edit).await.expect(404);
    front.finish().await;
}

#[tokio::test]
async fn a_pending_comment_is_visible_to_its_author_only() {
    let mut front = Frontend::start().await;
    let (mut ann, ann_browser) = front.sign_up("ann").await;
    let (_, ben) = front.sign_up("ben").await;
    ann.publish("Patience").await;
    ben.get_until("/p/patience", |page| page.status() == 200).await;
    // Without moderation, comments stay pending.
    front.stack.moderation.stop().await;
    let posted = ben
        .post("/p/patience/comments", &[("body", "Is this stored?")])
        .await
        .expect(303);
    let anchor = format!("#{}", posted.location().split_once('#').unwrap().1);
    let own = ben.get("/p/patience").await.expect(200);
    assert_eq!(own.text(&format!("{anchor} .badge")), "Pending");
    assert!(
        own.text(&format!("{anchor} .status"))
            .starts_with("Only you can see this")
    );
    assert!(!ann_browser.get("/p/patience").await.expect(200).has(&anchor));
    let fragment = ben.get("/p/patience/comments?fragment").await.expect(200);
    assert!(fragment.has(&anchor) && !fragment.has("header.site-header"));
    assert!(
        ben.get("/comments?status=pending")
            .await
            .expect(200)
            .text(".comments")
            .contains("Is this stored?")
    );
    assert!(
        ben.get("/comments?status=approved")
            .await
            .expect(200)
            .has(".empty")
    );

    front.stack.moderation.start().await;
    ann_browser
        .get_until("/p/patience", |page| page.has(&anchor))
        .await;
    assert!(
        !ben.get("/p/patience")
            .await
            .expect(200)
            .has(&format!("{anchor} .badge"))
    );
    front.finish().await;
}

#[tokio::test]
async fn reading_continues_while_comments_are_unavailable() {
    let mut front = Frontend::start().await;
    let (mut ann, browser) = front.sign_up("ann").await;
    let post = ann.publish("Still here").await;
    ann.comment_approved(&post, "An earlier comment").await;
    browser
        .get_until("/p/still-here", |page| {
            page.has(".comment") && !page.has(".comment .badge")
        })
        .await;
    front.stack.comments.stop().await;
    let page = browser.get("/p/still-here").await.expect(200);
    assert!(
        page.has(".comment")
            && page
                .text("#comments .alert")
                .contains("Comments are temporarily unavailable")
    );
    let refused = browser
        .post("/p/still-here/comments", &[("body", "My words")])
        .await
        .expect(503);
    assert_eq!(refused.text("#body").trim(), "My words");
    browser.get("/comments").await.expect(503);
    assert!(
        !front
            .browser()
            .get("/p/still-here")
            .await
            .expect(200)
            .has("#comments .alert")
    );
    front.finish().await;
}
