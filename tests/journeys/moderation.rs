//! Moderation of texts: comments before publication, posts after.

mod posts;

use serde_json::{Value, json};
use testkit::{eventually, eventually_ok};
use tests::{Stack, User};

/// The rejected phrase.
const BANNED: &str = "rotten tomatoes";
/// The held phrase.
const DUBIOUS: &str = "miracle cure";

fn comments(post: &str) -> String {
    format!("/api/query/posts/{post}/comments")
}

/// Activates rules: a list that rejects and a list that holds.
async fn rules(moderator: &mut User) {
    let rules = json!({ "rules": { "phrases": [
        { "name": "banned", "action": "reject", "phrases": [BANNED] },
        { "name": "dubious", "action": "hold", "reason": "advertising", "phrases": [DUBIOUS] },
    ] } });
    moderator.put("/api/moderation/rules", rules).await.expect(200);
}

/// A moderator's decision about the current revision of `target`, e.g. `comments/<id>`.
async fn decide(moderator: &mut User, target: &str, mut decision: Value) -> Value {
    let path = format!("/api/moderation/{target}");
    let seen = eventually_ok("the moderator sees it", async || {
        let response = moderator.get(&path).await;
        if response.status == 200 {
            Ok(response.json())
        } else {
            Err(response.text())
        }
    })
    .await;
    decision["revision"] = seen["revision"].clone();
    moderator.put(&path, decision).await.expect(200)
}

fn approve() -> Value {
    json!({ "decision": "approve" })
}

fn reject() -> Value {
    json!({ "decision": "reject", "reason": "off_topic", "note": "Please keep to the garden." })
}

/// The public comments of `post`, once there are `expected` of them.
async fn thread(stack: &Stack, post: &str, expected: usize) -> Vec<String> {
    let page = stack
        .read_until(&comments(post), |response| {
            response.json()["items"]
                .as_array()
                .is_some_and(|items| items.len() == expected)
        })
        .await;
    let texts = page["items"].as_array().unwrap().iter();
    texts
        .map(|item| item["html"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Only the author and moderators can read the comment, on every path.
async fn hidden(stack: &Stack, other: &User, post: &str, id: &str, secret: &str) {
    for path in [
        format!("/api/comments/{id}"),
        format!("/api/moderation/comments/{id}"),
    ] {
        let response = other.get(&path).await;
        assert!(
            matches!(response.status, 403 | 404),
            "{path}: {}",
            response.text()
        );
        assert!(!response.text().contains(secret), "{path}: {}", response.text());
    }
    let client = stack.gateway().client("/api/query");
    for path in [
        comments(post),
        format!("/api/query/posts/{post}"),
        "/api/query/posts".to_owned(),
    ] {
        let text = client.get(&path).send().await.text();
        assert!(!text.contains(secret), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_comment_is_moderated_and_then_public() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let post = ann.publish("Garden").await;
    bob.wait_for_post(&post).await;

    let posted = bob
        .post("/api/comments", json!({ "post_id": post, "body": "How *nice*" }))
        .await
        .expect(201);
    assert_eq!(
        (&posted["status"], &posted["approved"]),
        (&json!("pending"), &json!(null))
    );

    let id = posted["id"].as_str().unwrap();
    let approved = bob.wait_for_comment(id, "approved").await;
    assert_eq!(
        (&approved["version"], &approved["reason"]),
        (&json!(2), &json!(null))
    );
    let page = bob.get(&comments(&post)).await.expect(200);
    assert_eq!(page["items"][0]["id"], json!(id));
    let read = bob.get(&format!("/api/query/posts/{post}")).await.expect(200);
    assert_eq!(read["counts"]["comments"], 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_rejected_comment_is_never_public_and_its_author_sees_the_reason() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let mut moderator = stack.sign_up_moderator("mona").await;
    rules(&mut moderator).await;
    let post = ann.publish("Garden").await;
    bob.wait_for_post(&post).await;

    for text in [
        "You grow ROTTEN   tomatoes!",
        "r0tten t\u{200b}omatoes, secret words",
    ] {
        let id = bob.comment(&post, text).await;
        let refused = bob.wait_for_comment(&id, "rejected").await;
        assert_eq!(refused["reason"], "banned_phrase");
        hidden(&stack, &ann, &post, &id, "omatoes").await;
    }
    let mine = bob.get("/api/comments/mine?status=rejected").await.expect(200);
    let reasons: Vec<&Value> = mine["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["reason"])
        .collect();
    assert_eq!(reasons, ["banned_phrase"; 2]);

    // The next one is moderated independently, and the read side has processed the rejected ones.
    bob.comment_approved(&post, "Fine tomatoes").await;
    assert_eq!(thread(&stack, &post, 1).await, ["<p>Fine tomatoes</p>\n"]);
    stack.finish().await;
}

#[tokio::test]
async fn an_edit_is_moderated_while_the_old_text_stays_public() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let mut moderator = stack.sign_up_moderator("mona").await;
    rules(&mut moderator).await;
    let post = ann.publish("Garden").await;
    bob.wait_for_post(&post).await;
    let id = bob.comment_approved(&post, "First words").await;
    let path = format!("/api/comments/{id}");

    bob.patch(&path, json!({ "body": "A miracle cure" }))
        .await
        .expect(200);
    let held = eventually("the edit is held", async || {
        let comment = bob.get(&path).await.json();
        (comment["reason"] == "advertising").then_some(comment)
    })
    .await;
    assert_eq!(
        (&held["status"], &held["revision"]),
        (&json!("pending"), &json!(2))
    );
    assert_eq!(held["approved"]["body"], "First words");
    let others = ann.get(&path).await.expect(200);
    assert_eq!(
        (&others["approved"]["body"], others.get("status")),
        (&json!("First words"), None)
    );

    bob.patch(&path, json!({ "body": "Rotten tomatoes" }))
        .await
        .expect(200);
    let refused = bob.wait_for_comment(&id, "rejected").await;
    assert_eq!(refused["approved"]["body"], "First words");
    assert_eq!(
        bob.get(&comments(&post)).await.expect(200)["items"][0]["html"],
        "<p>First words</p>\n"
    );

    bob.patch(&path, json!({ "body": "Second words" }))
        .await
        .expect(200);
    bob.wait_for_comment(&id, "approved").await;
    assert_eq!(
        bob.get(&comments(&post)).await.expect(200)["items"][0]["html"],
        "<p>Second words</p>\n"
    );
    stack.finish().await;
}

#[tokio::test]
async fn a_moderator_decides_about_held_texts_and_can_reverse_a_decision() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let mut moderator = stack.sign_up_moderator("mona").await;
    rules(&mut moderator).await;
    let post = ann.publish("Garden").await;
    bob.wait_for_post(&post).await;
    let id = bob.comment(&post, "A miracle cure for roses").await;

    let queued = eventually("it is in the queue", async || {
        let queue = moderator.get("/api/moderation/queue").await.expect(200);
        let items = queue["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["target"]["id"] == json!(id))
    })
    .await;
    assert!(
        queued.to_string().contains("A miracle cure for roses"),
        "{queued}"
    );
    ann.get("/api/moderation/queue").await.refused(403, "forbidden");

    let target = format!("comments/{id}");
    decide(&mut moderator, &target, approve()).await;
    bob.wait_for_comment(&id, "approved").await;
    assert_eq!(
        thread(&stack, &post, 1).await,
        ["<p>A miracle cure for roses</p>\n"]
    );

    decide(&mut moderator, &target, reject()).await;
    let refused = bob.wait_for_comment(&id, "rejected").await;
    assert_eq!(
        (&refused["reason"], &refused["note"]),
        (&json!("off_topic"), &json!("Please keep to the garden."))
    );
    bob.get(&comments(&post)).await;
    assert!(thread(&stack, &post, 0).await.is_empty());
    hidden(&stack, &ann, &post, &id, "miracle").await;

    decide(&mut moderator, &target, approve()).await;
    let again = bob.wait_for_comment(&id, "approved").await;
    assert_eq!((&again["reason"], &again["note"]), (&json!(null), &json!(null)));
    thread(&stack, &post, 1).await;
    stack.finish().await;
}

#[tokio::test]
async fn reports_hold_a_comment_unless_a_moderator_has_decided() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let mut moderator = stack.sign_up_moderator("mona").await;
    let post = ann.publish("Garden").await;
    bob.wait_for_post(&post).await;
    let (reported, cleared) = (
        bob.comment_approved(&post, "Reported words").await,
        bob.comment_approved(&post, "Cleared words").await,
    );
    thread(&stack, &post, 2).await;
    decide(&mut moderator, &format!("comments/{cleared}"), approve()).await;

    for name in ["rita", "rosa", "ruth"] {
        let mut reporter = stack.sign_up(name).await;
        for id in [&reported, &cleared] {
            let report = json!({ "target": { "kind": "comment", "id": id }, "reason": "spam" });
            let response = reporter.post("/api/moderation/reports", report).await;
            assert!(matches!(response.status, 200 | 201), "{}", response.text());
        }
    }

    let held = eventually("the reported one is held", async || {
        let comment = bob.get(&format!("/api/comments/{reported}")).await.json();
        (comment["reason"] == "reported").then_some(comment)
    })
    .await;
    assert_eq!(
        (&held["status"], &held["approved"]),
        (&json!("pending"), &json!(null))
    );
    assert_eq!(thread(&stack, &post, 1).await, ["<p>Cleared words</p>\n"]);
    hidden(&stack, &ann, &post, &reported, "Reported words").await;

    decide(&mut moderator, &format!("comments/{reported}"), approve()).await;
    bob.wait_for_comment(&reported, "approved").await;
    thread(&stack, &post, 2).await;
    stack.finish().await;
}

#[tokio::test]
async fn a_moderators_decision_has_precedence_over_later_rules_for_the_same_text() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let mut moderator = stack.sign_up_moderator("mona").await;
    let post = ann.publish("Garden").await;
    bob.wait_for_post(&post).await;
    let id = bob
        .comment_approved(&post, "Rotten tomatoes are good compost")
        .await;
    decide(&mut moderator, &format!("comments/{id}"), approve()).await;
    rules(&mut moderator).await;

    // Everything is republished, as after a restore: decisions are kept.
    stack.comments.resync().await;
    stack.moderation.resync().await;
    stack.moderation.running().settled().await;
    stack.comments.running().settled().await;
    assert_eq!(bob.wait_for_comment(&id, "approved").await["revision"], 1);
    thread(&stack, &post, 1).await;

    // A different text is moderated again.
    let edit = json!({ "body": "Rotten tomatoes stink" });
    bob.patch(&format!("/api/comments/{id}"), edit).await.expect(200);
    let refused = bob.wait_for_comment(&id, "rejected").await;
    assert_eq!(refused["approved"]["revision"], 1);
    stack.finish().await;
}

#[tokio::test]
async fn without_moderation_comments_wait_and_everything_else_works() {
    let mut stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let early = ann.publish("Before").await;
    bob.wait_for_post(&early).await;
    let shown = bob.comment_approved(&early, "Shown before").await;
    stack.moderation.stop().await;

    let late = ann.publish("Meanwhile").await;
    ann.get(&format!("/api/query/posts/{late}")).await.expect(200);
    stack.sign_up("carl").await;
    let mut waiting = Vec::new();
    for round in 0..20 {
        waiting.push(bob.comment(&early, &format!("Waiting {round}")).await);
    }
    bob.patch(
        &format!("/api/comments/{shown}"),
        json!({ "body": "Edited meanwhile" }),
    )
    .await
    .expect(200);
    bob.get(&comments(&early)).await;
    assert_eq!(thread(&stack, &early, 1).await, ["<p>Shown before</p>\n"]);
    for id in &waiting {
        let comment = bob.get(&format!("/api/comments/{id}")).await.expect(200);
        assert_eq!(comment["status"], "pending");
    }
    bob.delete(&format!("/api/comments/{}", waiting[0]), None)
        .await
        .expect(204);

    stack.moderation.start().await;
    for id in waiting.iter().skip(1).chain([&shown]) {
        bob.wait_for_comment(id, "approved").await;
    }
    let texts = thread(&stack, &early, 20).await;
    assert!(
        texts.contains(&"<p>Edited meanwhile</p>\n".to_owned()),
        "{texts:?}"
    );
    assert!(!texts.contains(&"<p>Waiting 0</p>\n".to_owned()), "{texts:?}");
    stack.finish().await;
}

#[tokio::test]
async fn without_the_bus_comments_wait_and_are_moderated_after_its_return() {
    let mut stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let mut moderator = stack.sign_up_moderator("mona").await;
    rules(&mut moderator).await;
    let post = ann.publish("Garden").await;
    bob.wait_for_post(&post).await;
    let decided = bob.comment_approved(&post, "Decided in the dark").await;
    // So that moderation has the post before the request.
    thread(&stack, &post, 1).await;
    stack.nats.stop();

    let (fine, foul) = (
        bob.comment(&post, "Fine tomatoes").await,
        bob.comment(&post, "Rotten tomatoes").await,
    );
    decide(&mut moderator, &format!("comments/{decided}"), reject()).await;

    stack.nats.restart().await;
    bob.wait_for_comment(&fine, "approved").await;
    bob.wait_for_comment(&foul, "rejected").await;
    bob.wait_for_comment(&decided, "rejected").await;
    let client = stack.gateway().client("/api/query");
    eventually("only the fine one is shown", async || {
        let page = client.get(&comments(&post)).send().await.json();
        let items = page["items"].as_array()?.clone();
        (items.len() == 1 && items[0]["id"] == json!(fine)).then_some(())
    })
    .await;
    stack.finish().await;
}
