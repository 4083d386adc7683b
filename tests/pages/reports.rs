//! Users report content and see the outcome.

use tests::{Browser, Frontend, PageResponse};

use crate::form::FilledForm;

async fn report(browser: &Browser, path: &str, reason: &str, note: &str) -> PageResponse {
    let form = FilledForm::of(&browser.get(path).await.expect(200), "form[action='/report']");
    let form = form.with("reason", reason).with("note", note);
    browser.post("/report", &form.fields()).await
}

#[tokio::test]
async fn a_report_reaches_moderators_and_its_outcome_is_shown() {
    let front = Frontend::start().await;
    let (mut ann, author) = front.sign_up("ann").await;
    let (mut bob, reader) = front.sign_up("bob").await;
    let (_, moderator) = front.sign_up_moderator("mona").await;
    let post = ann.publish("Garden").await;
    ann.wait_for_verdict(&post, "approved").await;
    let comment = ann.comment_approved(&post, "Some <b>words</b>").await;
    bob.wait_for_post(&post).await;

    assert_eq!(
        reader.get("/reports").await.expect(200).text(".empty h2"),
        "No reports yet"
    );
    let path = format!("/report?kind=comment&id={comment}");
    let form = reader.get_until(&path, |page| page.has("h1 + p a")).await;
    assert_eq!(form.text("h1"), "Report a comment");
    assert_eq!(form.text(".excerpt"), "Some <b>words</b>");
    assert_eq!(
        form.attribute("h1 + p a", "href"),
        format!("/p/garden#comment-{comment}")
    );

    let note = "They <i>shout</i>.";
    let without = report(&reader, &path, "", note).await.expect(422);
    assert_eq!(without.text("#reason-error"), "Select a reason.");
    assert_eq!(
        FilledForm::of(&without, "form[action='/report']").value("note"),
        note
    );
    let long = report(&reader, &path, "abuse", &"x".repeat(1001))
        .await
        .expect(422);
    assert!(long.has("#note-error"));
    assert!(
        moderator
            .get("/moderation/reports")
            .await
            .expect(200)
            .has(".empty")
    );

    let filed = report(&reader, &path, "abuse", note).await.expect(303);
    assert_eq!(filed.location(), "/reports?done=filed");
    let own = reader.get(&filed.location()).await.expect(200);
    assert!(own.text(".alert.notice").starts_with("Thank you."));
    assert_eq!(
        (own.text("tbody .title"), own.text("tbody .badge.open")),
        ("A comment".into(), "Open".into())
    );
    // The same report again has no effect; a different report of the same content is an error.
    report(&reader, &path, "abuse", note).await.expect(303);
    let other = report(&reader, &path, "spam", "").await.expect(409);
    assert!(other.text(".alert.error").contains("already reported it"));
    assert_eq!(reader.get("/reports").await.expect(200).all("tbody tr").len(), 1);

    let queue = moderator.get("/moderation/reports").await.expect(200);
    let item = format!("#item-{comment}");
    assert_eq!(queue.text(&format!("{item} > .hint")), "1 report: abuse (1)");
    let words = queue.text(&format!("{item} .reports"));
    assert_eq!(words, "B bob : Harassment or abuse: They <i>shout</i>.");
    assert!(
        moderator
            .get("/moderation/reports?reporter=bob")
            .await
            .expect(200)
            .has(&item)
    );
    assert!(
        !moderator
            .get("/moderation/reports?reporter=ann")
            .await
            .expect(200)
            .has(&item)
    );
    let decision = FilledForm::of(&queue, &format!("{item} form"));
    let decision = decision.with("decision", "reject").with("reason", "abuse");
    let done = moderator
        .post("/moderation/reports", &decision.fields())
        .await
        .expect(303);
    assert!(done.location().starts_with("/moderation/reports?done=reject"));
    assert!(!moderator.get("/moderation/reports").await.expect(200).has(&item));
    ann.wait_for_comment(&comment, "rejected").await;
    let resolved = reader
        .get_until("/reports", |page| !page.has("tbody .badge.open"))
        .await;
    assert_eq!(resolved.text("tbody .badge.upheld"), "Upheld");
    assert!(resolved.has("td[data-label=Resolved] time"));
    let case = moderator
        .get(&format!("/moderation/comments/{comment}"))
        .await
        .expect(200);
    assert_eq!(case.text("#reports tbody .badge"), "Upheld");

    // Own content and missing content cannot be reported.
    let path = format!("/report?kind=post&id={post}");
    report(&author, &path, "spam", "").await.expect(403);
    let nowhere = "/report?kind=comment&id=01890a5d-ac96-774b-bcce-b302099a8057";
    reader.get(nowhere).await.expect(404);
    for odd in ["/report", "/report?kind=user&id=1", "/report?kind=post&id=x"] {
        reader.get(odd).await.expect(404);
    }
    let anonymous = front.browser();
    assert!(
        anonymous
            .get(&path)
            .await
            .location()
            .starts_with("/signin?next=%2Freport%3Fkind%3Dpost")
    );
    assert!(anonymous.get("/reports").await.location().starts_with("/signin"));
    front.finish().await;
}

#[tokio::test]
async fn a_report_of_a_post_shows_its_title() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (_, reader) = front.sign_up("bob").await;
    let (_, moderator) = front.sign_up_moderator("mona").await;
    let post = ann.publish("Garden & more").await;
    ann.wait_for_verdict(&post, "approved").await;
    let path = format!("/report?kind=post&id={post}");
    let form = reader.get_until(&path, |page| page.has("h1 + p a")).await;
    assert_eq!(form.text("h1 + p a"), "Garden & more");
    report(&reader, &path, "off_topic", "").await.expect(303);
    let own = reader.get("/reports").await.expect(200);
    assert_eq!(own.attribute("tbody .title a", "href"), "/p/garden-more");

    let case = format!("/moderation/posts/{post}");
    let page = moderator.get(&case).await.expect(200);
    assert!(page.text("#reports tbody").contains("Off topic"));
    let form = FilledForm::of(&page, ".verdict form").with("decision", "approve");
    moderator.post(&case, &form.fields()).await.expect(303);
    let resolved = reader
        .get_until("/reports", |page| !page.has("tbody .badge.open"))
        .await;
    assert_eq!(resolved.text("tbody .badge.dismissed"), "Dismissed");
    front.finish().await;
}
