//! Each text is judged by the rules once.

use common::{
    event::{DecidedBy, Outcome, PostFact, Timestamp, UserFact, VerdictFact},
    ids::UserId,
};
use serde_json::{Value, json};

use crate::fixture::{Comment, Fixture, Post, banning, user};

const LINKS: &str =
    "http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example";

#[tokio::test]
async fn a_clean_comment_is_approved_and_the_event_has_its_target_and_cause() {
    let fixture = Fixture::start().await;
    let comment = Comment::by(fixture.ann.id);
    let event = fixture.publish(comment.created("A kind word."), 1).await;

    let (verdict, received) = fixture.verdicts(1).await.remove(0);
    assert_eq!(verdict.target, comment.id.into());
    assert_eq!(
        (verdict.outcome, verdict.reason, verdict.revision),
        (Outcome::Approved, None, 1)
    );
    assert_eq!(
        (verdict.decided_by, verdict.rules_revision),
        (DecidedBy::Rules, 0)
    );
    assert_eq!(received.type_name, VerdictFact::Approved.type_name());
    let envelope = received.envelope;
    assert_eq!(
        (envelope.actor.as_str(), envelope.causation_id),
        ("service:moderation", Some(event))
    );
    assert_eq!(
        (envelope.aggregate_version, envelope.correlation_id.as_str()),
        (1, "test")
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_text_that_the_rules_match_is_held_or_rejected_and_the_event_does_not_contain_the_match() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;

    let (held, case) = fixture.judged(LINKS).await;
    assert_eq!(
        (&case["outcome"], &case["reason"]),
        (&json!("flagged"), &json!("links"))
    );
    assert_eq!(
        (&case["text"], &case["decided_by"]),
        (&json!(LINKS), &json!("rules"))
    );
    assert_eq!(case["author_id"], json!(fixture.ann.id.to_string()));
    assert_eq!(case["post_id"], json!(held.post_id.to_string()));
    let (_, case) = fixture.judged("What a flubber!").await;
    assert_eq!(
        (&case["outcome"], &case["reason"], &case["rules_revision"]),
        (&json!("rejected"), &json!("banned_phrase"), &json!(1))
    );
    assert!(!case["matched"].as_array().unwrap().is_empty(), "{case}");

    for (_, received) in fixture.verdicts(2).await {
        let body = format!("{:?}", received.event);
        assert!(
            !body.contains("flubber") && !body.contains("http") && !body.contains("banned\""),
            "{body}"
        );
    }
    fixture.finish().await;
}

#[tokio::test]
async fn an_edit_is_judged_again_and_an_older_text_that_arrives_late_is_not() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    let (comment, _) = fixture.judged("First.").await;
    fixture.publish(comment.edited(3, "Third, a flubber."), 5).await;
    let case = fixture.case_at(&comment.path(), 3).await;
    assert_eq!(case["outcome"], "rejected");
    fixture.publish(comment.edited(2, "Second."), 3).await;
    assert_eq!(fixture.events("verdict").await, 2);
    let case = fixture.read(&comment.path()).await.expect(200);
    assert_eq!(
        (&case["revision"], &case["text"], &case["history"][0]["outcome"]),
        (&json!(3), &json!("Third, a flubber."), &json!("approved"))
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_published_post_is_judged_with_title_summary_and_body_and_a_draft_is_not() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("post")).await;
    let post = Post::by(fixture.ann.id);
    fixture.publish(post.drafted(PostFact::Created), 1).await;
    assert_eq!(fixture.events("verdict").await, 0);
    fixture
        .publish(post.with_text(PostFact::Published, "Nothing bad here.", "x"), 2)
        .await;
    let case = fixture.case_at(&post.path(), 2).await;
    assert_eq!(case["outcome"], "rejected", "because of its title");
    assert_eq!(
        (&case["title"], &case["slug"], &case["post_id"]),
        (&json!("A post"), &json!("a-post"), &json!(post.id.to_string()))
    );
    fixture.finish().await;
}

#[tokio::test]
async fn the_same_text_of_a_post_keeps_its_decision_and_another_text_is_judged() {
    let fixture = Fixture::start().await;
    let links = json!({ "max": 5, "action": "hold" });
    fixture.set_rules(json!({ "posts": { "links": links } })).await;
    let post = Post::by(fixture.ann.id);
    fixture
        .publish(post.with_text(PostFact::Published, LINKS, "a"), 2)
        .await;
    let case = fixture.case_at(&post.path(), 2).await;
    assert_eq!(case["outcome"], "flagged");
    let approve = json!({ "decision": "approve", "revision": 2 });
    fixture.decide(&post.path(), approve).await.expect(200);

    // It is republished, and its author changes the tags.
    fixture
        .publish(post.with_text(PostFact::Published, LINKS, "a"), 4)
        .await;
    fixture
        .publish(post.with_text(PostFact::Updated, LINKS, "b"), 5)
        .await;
    let case = fixture.case_at(&post.path(), 5).await;
    assert_eq!(
        (&case["outcome"], &case["decided_by"]),
        (&json!("approved"), &json!("moderator"))
    );
    // A version in between that arrives late is not a new text.
    fixture
        .publish(post.with_text(PostFact::Updated, "http:// late", "a"), 3)
        .await;
    let other = format!("{LINKS} http://g.example");
    fixture
        .publish(post.with_text(PostFact::Updated, &other, "b"), 6)
        .await;
    let case = fixture.case_at(&post.path(), 6).await;
    assert_eq!(
        (&case["outcome"], &case["decided_by"], &case["text"]),
        (&json!("flagged"), &json!("rules"), &json!(other))
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_text_that_is_repeated_too_often_is_held() {
    let fixture = Fixture::start().await;
    let text = "Come and see my wonderful shop today, dear friends!";
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        outcomes.push(fixture.judged(text).await.1["outcome"].clone());
    }
    assert_eq!(
        outcomes,
        ["approved", "approved", "approved", "flagged", "flagged"],
        "more than two others have the same text"
    );
    let (_, other) = fixture
        .judged("Something else altogether, dear friends of the sea!")
        .await;
    assert_eq!(other["outcome"], "approved");
    fixture.finish().await;
}

#[tokio::test]
async fn the_first_comments_of_a_new_account_are_held_if_the_rules_say_so() {
    let fixture = Fixture::start().await;
    fixture
        .set_rules(json!({ "first_comment": { "account_age_hours": 24, "action": "hold" } }))
        .await;
    let outcome = async |author: UserId| -> Value {
        let comment = Comment::by(author);
        let text = format!("A word by {author} on {}.", comment.id);
        fixture.publish(comment.created(&text), 1).await;
        let case = fixture.case_at(&comment.path(), 1).await;
        json!([comment.id.to_string(), case["outcome"], case["reason"]])
    };
    let (old, new, unknown) = (UserId::generate(), UserId::generate(), UserId::generate());
    let days = |days: u64| Timestamp::now().minus(std::time::Duration::from_secs(days * 86_400));
    fixture.publish(user(UserFact::Registered, old, days(2)), 1).await;
    fixture.publish(user(UserFact::Registered, new, days(0)), 1).await;
    fixture.running.settled().await;

    assert_eq!(outcome(old).await[1], "approved");
    assert_eq!(outcome(unknown).await[1], "flagged");
    let held = outcome(new).await;
    assert_eq!((&held[1], &held[2]), (&json!("flagged"), &json!("first_comment")));
    assert_eq!(outcome(new).await[1], "flagged", "the first is not approved yet");
    let path = format!("comments/{}", held[0].as_str().unwrap());
    fixture
        .decide(&path, json!({ "decision": "approve", "revision": 1 }))
        .await
        .expect(200);
    assert_eq!(outcome(new).await[1], "approved");
    fixture.finish().await;
}

#[tokio::test]
async fn the_name_of_a_deleted_author_is_removed() {
    let fixture = Fixture::start().await;
    let (comment, case) = fixture.judged("A word.").await;
    assert_eq!(case["author_id"], json!(fixture.ann.id.to_string()));
    let mut anonymous = comment.state(1, "A word.");
    anonymous.author_id = None;
    let event = common::event::Event::Comment(common::event::CommentFact::Edited, anonymous);
    fixture.publish(event, 3).await;
    fixture
        .until(&comment.path(), |case| case["author_id"] == Value::Null)
        .await;
    assert_eq!(fixture.events("verdict").await, 1, "it is not a new text");
    fixture.finish().await;
}
