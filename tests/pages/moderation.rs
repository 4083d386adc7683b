//! The moderation queue, and single comments and posts.

use serde_json::json;
use tests::{Browser, Frontend, PageResponse, User};

use crate::form::FilledForm;

/// A phrase that the rules of these tests hold for review.
const HELD: &str = "miracle cure";

/// Makes the rules hold comments with [`HELD`].
async fn hold(moderator: &mut User) {
    let list = json!({ "name": "dubious", "action": "hold", "phrases": [HELD] });
    let rules = json!({ "rules": { "phrases": [list] } });
    moderator.put("/api/moderation/rules", rules).await.expect(200);
}

/// The queue, when it has an entry.
async fn non_empty_queue(browser: &Browser, path: &str) -> PageResponse {
    browser.get_until(path, |page| page.has(".queue-item")).await
}

fn item(id: &str) -> String {
    format!("#item-{id}")
}

fn decision(page: &PageResponse, id: &str) -> FilledForm {
    FilledForm::of(page, &format!("#item-{id} form"))
}

#[tokio::test]
async fn only_moderators_have_access() {
    let front = Frontend::start().await;
    let (_, author) = front.sign_up("ann").await;
    let (_, moderator) = front.sign_up_moderator("mona").await;
    let anonymous = front.browser();
    let case = "/moderation/comments/01890a5d-ac96-774b-bcce-b302099a8057";
    for path in ["/moderation", "/moderation/reports", "/moderation/rules", case] {
        let page = anonymous.get(path).await.expect(303);
        assert!(
            page.location().starts_with("/signin?next=%2Fmoderation"),
            "{path}"
        );
        assert_eq!(author.get(path).await.expect(403).text("h1"), "Not allowed");
        let fields = [("decision", "approve"), ("revision", "1"), ("version", "0")];
        assert_eq!(author.post(path, &fields).await.status(), 403, "{path}");
        assert_eq!(anonymous.post(path, &fields).await.status(), 303, "{path}");
        let cross_site = moderator.post_cross_site(path, &fields).await;
        assert_eq!(cross_site.status(), 403, "{path}");
    }
    author
        .post("/moderation/rules/try", &[("text", "x")])
        .await
        .expect(403);
    assert!(!author.get("/").await.has("details.menu a[href='/moderation']"));

    let queue = moderator.get("/moderation").await.expect(200);
    assert!(queue.has("details.menu a[href='/moderation']"));
    assert_eq!(queue.text(".empty h2"), "The queue is empty");
    assert_eq!(queue.text(".tabs a[aria-current='page']"), "Queue");
    assert!(queue.has("meta[name=robots][content=noindex]"));
    let unknown = moderator.get(case).await.expect(404);
    assert!(
        unknown.text("main").contains("This comment doesn't exist"),
        "{}",
        unknown.text("main")
    );
    front.finish().await;
}

#[tokio::test]
async fn held_comments_are_shown_escaped_and_are_approved_or_rejected() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (mut bob, _) = front.sign_up("bob").await;
    let (mut mona, moderator) = front.sign_up_moderator("mona").await;
    hold(&mut mona).await;
    let post = ann.publish("Garden & <herbs>").await;
    bob.wait_for_post(&post).await;
    let good = bob
        .comment(
            &post,
            "A miracle cure? <script>alert(1)</script>\n[here](https://x.example)",
        )
        .await;
    let bad = bob.comment(&post, "Miracle cure, half price").await;

    let queue = moderator
        .get_until("/moderation", |page| page.all(".queue-item").len() == 2)
        .await;
    assert!(!queue.response.text().contains("<script>alert"));
    let first = item(&good);
    assert_eq!(queue.attribute(".queue-item", "id"), first[1..], "oldest first");
    let text = queue.text(&format!("{first} .prose"));
    assert_eq!(
        text,
        "A miracle cure? <script>alert(1)</script>[here](https://x.example)"
    );
    assert!(queue.has(&format!("{first} .prose br")), "line breaks are kept");
    assert!(!queue.has(".queue-item .prose a"), "markup is not rendered");
    assert_eq!(
        queue.text(&format!("{first} .badge.held")),
        "Held: contains blocked words"
    );
    assert_eq!(queue.text(&format!("{first} .byline bdi")), "bob");
    assert_eq!(queue.text(&format!("{first} .byline span a")), "Garden & <herbs>");
    let place = queue.attribute(&format!("{first} .byline span a"), "href");
    assert_eq!(place, format!("/p/garden-herbs#comment-{good}"));
    assert!(
        queue
            .text(&format!("{first} .findings"))
            .contains("Phrases “dubious”: “miracle cure”")
    );

    let approved = decision(&queue, &good).with("decision", "approve");
    let done = moderator
        .post("/moderation", &approved.fields())
        .await
        .expect(303);
    let done = moderator.get(&done.location()).await.expect(200);
    assert!(done.text(".alert.notice").starts_with("Approved."));
    assert_eq!(
        done.attribute(".alert.notice a", "href"),
        format!("/moderation/comments/{good}")
    );
    assert!(!done.has(&first));
    bob.wait_for_comment(&good, "approved").await;

    // A rejection needs a reason; the input is kept.
    let refusal = decision(&done, &bad)
        .with("decision", "reject")
        .with("note", "No shops, please.");
    let refused = moderator.post("/moderation", &refusal.fields()).await.expect(422);
    assert_eq!(refused.text(&format!("#r-{bad}-error")), "Select a reason.");
    let again = decision(&refused, &bad);
    assert_eq!(again.value("note"), "No shops, please.");
    assert_eq!(
        bob.get(&format!("/api/comments/{bad}")).await.json()["status"],
        "pending"
    );
    let again = again.with("decision", "reject").with("reason", "spam");
    moderator.post("/moderation", &again.fields()).await.expect(303);
    let comment = bob.wait_for_comment(&bad, "rejected").await;
    assert_eq!(
        (&comment["reason"], &comment["note"]),
        (&json!("spam"), &json!("No shops, please."))
    );
    assert_eq!(
        moderator.get("/moderation").await.expect(200).text(".empty h2"),
        "The queue is empty"
    );
    let rejected = moderator.get("/moderation?status=rejected").await.expect(200);
    assert_eq!(rejected.text(".badge"), "Rejected: spam or advertising");
    front.finish().await;
}

#[tokio::test]
async fn a_decision_after_another_one_is_a_conflict() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (mut mona, first) = front.sign_up_moderator("mona").await;
    let (_, second) = front.sign_up_moderator("nora").await;
    hold(&mut mona).await;
    let post = ann.publish("Garden").await;
    let id = ann.comment(&post, "A miracle cure").await;
    let page = non_empty_queue(&first, "/moderation").await;
    let late = non_empty_queue(&second, "/moderation").await;
    let approval = decision(&page, &id).with("decision", "approve");
    first.post("/moderation", &approval.fields()).await.expect(303);
    ann.wait_for_comment(&id, "approved").await;

    let late = decision(&late, &id)
        .with("decision", "reject")
        .with("reason", "spam");
    let refused = second.post("/moderation", &late.fields()).await.expect(412);
    assert!(
        refused
            .text(".alert.error")
            .contains("after you opened this page")
    );
    let path = refused.attribute("main p > a", "href");
    assert_eq!(path, format!("/moderation/comments/{id}"));
    let refused = second.post(&path, &late.fields()).await.expect(412);
    assert_eq!(refused.text(".verdict .badge"), "Approved");
    assert_eq!(
        ann.get(&format!("/api/comments/{id}")).await.json()["status"],
        "approved"
    );

    // The page with the conflict is based on the current state, so it can be submitted again.
    let looked = FilledForm::of(&refused, ".verdict form");
    assert_eq!(looked.value("reason"), "spam");
    assert_ne!(looked.value("version"), late.value("version"));
    second
        .post(&path, &looked.with("decision", "reject").fields())
        .await
        .expect(303);
    ann.wait_for_comment(&id, "rejected").await;
    front.finish().await;
}

#[tokio::test]
async fn the_queue_is_filtered_and_paged() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (mut mona, moderator) = front.sign_up_moderator("mona").await;
    hold(&mut mona).await;
    let post = ann.publish("Garden").await;
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(
            ann.comment(&post, &format!("Miracle cure, number {number}"))
                .await,
        );
    }
    ann.publish("A miracle cure").await;
    let newest = "/moderation?kind=comment&order=newest";
    let shown = |page: &PageResponse| page.all(".queue-item").len();
    let first = moderator
        .get_until(newest, |page| {
            page.has("a[rel=next]") && page.has(&item(&ids[11]))
        })
        .await;
    assert_eq!(FilledForm::of(&first, "#filter").value("order"), "newest");
    let next = first.attribute("a[rel=next]", "href");
    let second = moderator.get_until(&next, |page| shown(page) == 2).await;
    assert!(second.has(&item(&ids[0])) && !second.has("a[rel=next]"));
    assert_eq!(second.attribute("a[rel=first]", "href"), newest);

    // A decision on a further page returns to that page.
    let approval = decision(&second, &ids[0]).with("decision", "approve");
    let action = second.attribute(&format!("{} form", item(&ids[0])), "action");
    assert_eq!(action, next);
    let back = moderator.post(&action, &approval.fields()).await.location();
    let back = moderator.get(&back).await.expect(200);
    assert_eq!((shown(&back), back.has(&item(&ids[1]))), (1, true));

    let posts = moderator
        .get_until("/moderation?kind=post", |page| shown(page) == 1)
        .await;
    assert_eq!(posts.attribute(".queue-item", "data-kind"), "post");
    assert!(posts.text(".queue-item .byline").contains("A miracle cure"));
    let old = moderator.get("/moderation?age=hour").await.expect(200);
    assert_eq!(old.text(".empty h2"), "No matches");
    assert_eq!(shown(&moderator.get("/moderation?age=new").await.expect(200)), 10);
    let unknown = moderator.get("/moderation?reporter=zoe").await.expect(422);
    assert_eq!(unknown.text("#reporter-error"), "No user has this name.");
    assert_eq!(FilledForm::of(&unknown, "#filter").value("reporter"), "zoe");
    moderator.get("/moderation?status=odd").await.expect(422);
    front.finish().await;
}

#[tokio::test]
async fn a_post_is_taken_down_and_restored() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (_, moderator) = front.sign_up_moderator("mona").await;
    let post = ann.publish("Garden").await;
    ann.wait_for_verdict(&post, "approved").await;
    let reader = front.browser();
    reader.get_until("/p/garden", |page| page.status() == 200).await;
    let path = format!("/moderation/posts/{post}");
    let case = moderator.get(&path).await.expect(200);
    assert_eq!(case.text(".verdict .badge"), "Approved");
    assert_eq!(case.text(".verdict .prose"), "About *Garden*.");
    assert!(case.text("main").contains("No reports."));
    assert_eq!(case.text(".verdict button.danger"), "Reject instead");

    let form = FilledForm::of(&case, ".verdict form")
        .with("decision", "reject")
        .with("reason", "illegal");
    let done = moderator.post(&path, &form.fields()).await.expect(303);
    assert_eq!(done.location(), format!("{path}?done=reject"));
    let case = moderator.get(&done.location()).await.expect(200);
    assert!(case.text(".alert.notice").starts_with("Rejected."));
    assert_eq!(case.text(".verdict .badge.rejected"), "Rejected: illegal content");
    assert!(
        case.text(".verdict > .hint").starts_with("By M mona"),
        "{}",
        case.text(".verdict > .hint")
    );
    assert_eq!(case.text("#history tbody .badge"), "Approved");
    assert!(case.text("#history tbody").contains("the rules"));
    ann.wait_for_verdict(&post, "rejected").await;
    reader.get_until("/p/garden", |page| page.status() == 404).await;

    let form = FilledForm::of(&case, ".verdict form").with("decision", "approve");
    moderator.post(&path, &form.fields()).await.expect(303);
    let case = moderator.get(&path).await.expect(200);
    assert_eq!(case.all("#history tbody tr").len(), 2);
    assert_eq!(case.text("#history tbody .badge"), "Rejected: illegal content");
    reader.get_until("/p/garden", |page| page.status() == 200).await;
    front.finish().await;
}

#[tokio::test]
async fn an_author_is_told_at_once_that_a_post_is_held_and_can_still_read_it() {
    let front = Frontend::start().await;
    let (_, own) = front.sign_up("ann").await;
    let (mut mona, _) = front.sign_up_moderator("mona").await;
    hold(&mut mona).await;
    let body = format!("Here is {HELD}, *for you*.");
    let page = own.get("/write").await.expect(200);
    let form = FilledForm::of(&page, "#editor")
        .with("title", "Garden")
        .with("body", &body)
        .with("action", "publish");
    // Rules apply to posts shortly after they are saved.
    let editor = own.post("/write", &form.fields()).await.expect(303).location();
    let told = own.get_until(&editor, |page| page.has(".alert.warning")).await;
    assert!(
        told.text(".alert.warning")
            .contains("Readers can't see this post until a moderator reviews it")
    );

    let address = "/p/garden";
    let read = own
        .get_until(address, |page| page.has(".alert.warning .badge.held"))
        .await
        .expect(200);
    assert_eq!(
        (read.text("h1"), read.text(".prose em")),
        ("Garden".to_owned(), "for you".to_owned())
    );
    assert!(read.response.header("cache-control").contains("private"));
    let (_, other) = front.sign_up("bob").await;
    for reader in [&front.browser(), &other] {
        reader.get_until(address, |page| page.status() == 404).await;
    }
    front.finish().await;
}

#[tokio::test]
async fn pages_report_unavailable_names_and_moderation() {
    let mut front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (mut mona, moderator) = front.sign_up_moderator("mona").await;
    hold(&mut mona).await;
    let post = ann.publish("Garden").await;
    let id = ann.comment(&post, "A miracle cure").await;
    non_empty_queue(&moderator, "/moderation").await;

    front.stack.query.stop().await;
    let queue = moderator.get("/moderation").await.expect(200);
    assert!(
        queue
            .text(&format!("{} .byline", item(&id)))
            .contains("Unknown user on a post")
    );
    let approval = decision(&queue, &id).with("decision", "approve");
    moderator
        .post("/moderation", &approval.fields())
        .await
        .expect(303);
    ann.wait_for_comment(&id, "approved").await;

    front.stack.moderation.stop().await;
    let unavailable = moderator.get("/moderation").await.expect(503);
    assert_eq!(unavailable.text("h1"), "Moderation is temporarily unavailable");
    front.stack.moderation.start().await;
    front.stack.query.start().await;
    moderator.get("/moderation").await.expect(200);
    front.finish().await;
}
