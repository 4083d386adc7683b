//! The form of the moderation rules.

use serde_json::json;
use tests::{Browser, Frontend, PageResponse};

use crate::form::FilledForm;

const PATH: &str = "/moderation/rules";
const FORM: &str = "form#rules";

async fn open(browser: &Browser) -> FilledForm {
    FilledForm::of(&browser.get(PATH).await.expect(200), FORM)
}

async fn save(browser: &Browser, form: &FilledForm) -> PageResponse {
    browser.post(PATH, &form.fields()).await
}

#[tokio::test]
async fn changed_rules_apply_to_new_content_and_have_a_history() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (mona, moderator) = front.sign_up_moderator("mona").await;
    let page = moderator.get(PATH).await.expect(200);
    assert_eq!(page.text("#revision"), "The default rules are active.");
    assert_eq!(page.text("#history .empty-line"), "No changes yet.");
    let form = FilledForm::of(&page, FORM);
    assert_eq!(
        (form.value("links-max"), form.value("links-action")),
        ("5", "hold")
    );
    assert_eq!((form.value("version"), form.value("phrases-0-name")), ("0", ""));

    let form = form
        .with("phrases-0-name", "insults")
        .with("phrases-0-action", "reject")
        .with("phrases-0-reason", "abuse")
        .with("phrases-0-entries", "Rotten tomatoes\r\n\r\n  you fool  \r\n")
        .with("domains-0-name", "shops")
        .with("domains-0-action", "hold")
        .with("domains-0-entries", "shop.example")
        .with("links-max", "2")
        .with("first-action", "off")
        .with("report-threshold", "7")
        .with("note", "A beginning & <more>");
    let saved = save(&moderator, &form).await.expect(303);
    assert_eq!(saved.location(), "/moderation/rules?done=saved");
    let stored = mona.get("/api/moderation/rules").await.expect(200);
    assert_eq!(
        stored["rules"]["phrases"],
        json!([{ "name": "insults", "action": "reject", "reason": "abuse", "phrases": ["Rotten tomatoes", "you fool"] }])
    );
    assert_eq!(stored["rules"]["domains"][0]["domains"], json!(["shop.example"]));
    assert_eq!(stored["rules"]["links"], json!({ "max": 2, "action": "hold" }));
    assert_eq!(stored["rules"]["report_threshold"], 7);

    let post = ann.publish("Garden").await;
    let id = ann.comment(&post, "ROTTEN tomatoes!").await;
    assert_eq!(ann.wait_for_comment(&id, "rejected").await["reason"], "abuse");

    let page = moderator.get(&saved.location()).await.expect(200);
    assert!(page.text(".alert.notice").starts_with("Rules saved."));
    assert_eq!(page.text("#revision"), "Revision 1 is active.");
    assert_eq!(page.text("#history .note"), "A beginning & <more>");
    assert_eq!(page.text("#history .author bdi"), "mona");
    assert!(
        page.text("#history details")
            .contains("Phrases “insults”: reject, 2 entries")
    );

    // A list is removed, and restored from the history.
    let without = FilledForm::of(&page, FORM).with("phrases-0-remove", "yes");
    assert_eq!(without.value("phrases-0-entries"), "Rotten tomatoes\r\nyou fool");
    save(&moderator, &without).await.expect(303);
    let stored = mona.get("/api/moderation/rules").await.expect(200);
    assert_eq!(
        (&stored["rules"]["phrases"], &stored["revision"]),
        (&json!([]), &json!(2))
    );
    assert_eq!(stored["rules"]["domains"][0]["name"], "shops");
    let page = moderator.get(PATH).await.expect(200);
    let links: Vec<_> = page.all("#history .byline a[href*='from=']");
    assert_eq!(links[1].value().attr("href"), Some("/moderation/rules?from=1"));
    let former = moderator.get("/moderation/rules?from=1").await.expect(200);
    assert!(former.text("form#rules .alert").contains("revision 1"));
    save(&moderator, &FilledForm::of(&former, FORM)).await.expect(303);
    let stored = mona.get("/api/moderation/rules").await.expect(200);
    assert_eq!(stored["rules"]["phrases"][0]["name"], "insults");
    moderator.get("/moderation/rules?from=99").await.expect(404);
    front.finish().await;
}

#[tokio::test]
async fn errors_are_shown_at_the_fields_and_input_is_kept() {
    let front = Frontend::start().await;
    let (mut mona, moderator) = front.sign_up_moderator("mona").await;
    let typed = open(&moderator)
        .await
        .with("links-max", "many")
        .with("phrases-0-name", "x")
        .with("phrases-0-entries", "fine words\r\n!");
    let refused = save(&moderator, &typed).await.expect(422);
    assert_eq!(
        refused.text("#links-max-error"),
        "Enter a whole number, 0 or greater."
    );

    let form = FilledForm::of(&refused, FORM);
    assert_eq!(
        (form.value("links-max"), form.value("phrases-0-entries")),
        ("many", "fine words\r\n!")
    );
    let typed = form
        .with("links-max", "9999")
        .with("capitals-length", "1")
        .with("domains-0-entries", "no domain")
        .with("domains-0-reason", "Not A Code")
        .with("note", &"x".repeat(501));
    let refused = save(&moderator, &typed).await.expect(422);
    // The note is validated first.
    assert!(refused.has("#note-error"), "{}", refused.text("main"));
    let typed = FilledForm::of(&refused, FORM).with("note", "");
    let refused = save(&moderator, &typed).await.expect(422);
    assert_eq!(
        refused.text("#links-max-error"),
        "Is 9999, must be from 0 to 1000."
    );
    for (field, words) in [
        ("capitals-length", "from 5"),
        ("phrases-0-entries", "“!”"),
        ("domains-0-entries", "“no domain”"),
        ("domains-0-name", "1 to 60"),
        ("domains-0-reason", "lower-case letters"),
    ] {
        let message = refused.text(&format!("#{field}-error"));
        assert!(message.contains(words), "{field}: {message}");
        assert_eq!(refused.attribute(&format!("#{field}"), "aria-invalid"), "true");
    }
    assert_eq!(mona.get("/api/moderation/rules").await.json()["revision"], 0);
    mona.put("/api/moderation/rules", json!({ "rules": {} }))
        .await
        .expect(200);
    front.finish().await;
}

#[tokio::test]
async fn a_conflict_with_another_moderators_change_is_shown() {
    let mut front = Frontend::start().await;
    let (_, first) = front.sign_up_moderator("mona").await;
    let (mut nora, second) = front.sign_up_moderator("nora").await;
    let (early, late) = (open(&first).await, open(&second).await);
    save(&first, &early.with("links-max", "7")).await.expect(303);
    let late = late.with("report-threshold", "9");
    let refused = save(&second, &late).await.expect(412);
    assert!(refused.text(".alert.error").contains("changed after you opened"));
    assert_eq!(refused.text("#revision"), "Revision 1 is active.");
    assert_eq!(
        nora.get("/api/moderation/rules").await.json()["rules"]["report_threshold"],
        3
    );
    let typed = FilledForm::of(&refused, FORM);
    assert_eq!(
        (typed.value("report-threshold"), typed.value("version")),
        ("9", "1")
    );
    save(&second, &typed).await.expect(303);
    let stored = nora.get("/api/moderation/rules").await.json();
    assert_eq!(
        (&stored["rules"]["report_threshold"], &stored["revision"]),
        (&json!(9), &json!(2))
    );

    front.stack.moderation.stop().await;
    let typed = FilledForm::of(&refused, FORM).with("report-threshold", "11");
    let kept = save(&second, &typed).await.expect(503);
    assert!(
        kept.text(".alert.error")
            .contains("Moderation is temporarily unavailable")
    );
    assert_eq!(FilledForm::of(&kept, FORM).value("report-threshold"), "11");
    front.stack.moderation.start().await;
    nora.put("/api/moderation/rules", json!({ "rules": {} }))
        .await
        .expect(200);
    front.finish().await;
}

#[tokio::test]
async fn a_text_is_tested_and_a_large_set_of_rules_is_accepted() {
    let front = Frontend::start().await;
    let (mut mona, moderator) = front.sign_up_moderator("mona").await;
    let lists: Vec<_> = (0..50)
        .map(|list| {
            let phrases: Vec<_> = (0..200)
                .map(|number| format!("größte phrase {list} {number}"))
                .collect();
            json!({ "name": format!("list {list}"), "action": "hold", "phrases": phrases })
        })
        .collect();
    let rules = json!({ "rules": { "phrases": lists } });
    let before = mona.put("/api/moderation/rules", rules).await.expect(200);
    let form = open(&moderator).await.with("links-max", "9");
    save(&moderator, &form).await.expect(303);
    let after = mona.get("/api/moderation/rules").await.expect(200);
    assert_eq!(after["rules"]["phrases"], before["rules"]["phrases"]);
    assert_eq!(after["rules"]["links"]["max"], 9);

    let path = "/moderation/rules/try";
    let text = "First line.\r\nThe GRÖSSTE phrase 7 8 <b>";
    let tried = moderator.post(path, &[("text", text)]).await.expect(200);
    let result = tried.text("#try-rules [data-role=result]");
    assert!(result.starts_with("This would be held for review"), "{result}");
    assert!(
        result.contains("Phrases “list 7”: “größte phrase 7 8”"),
        "{result}"
    );
    assert_eq!(FilledForm::of(&tried, "#try-rules").value("text"), text);
    let fine = moderator.post(path, &[("text", "Fine words")]).await.expect(200);
    assert_eq!(
        fine.text("#try-rules [data-role=result]"),
        "This would be published immediately."
    );
    let empty = moderator.post(path, &[("text", " ")]).await.expect(422);
    assert_eq!(empty.text("#text-error"), "Enter a text to test.");
    assert_eq!(
        moderator.get(path).await.location(),
        "/moderation/rules#try-rules"
    );
    front.finish().await;
}
