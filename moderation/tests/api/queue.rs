//! The moderators' queue: filters, order, pages.

use common::event::PostFact;
use serde_json::{Value, json};
use testkit::Response;

use crate::fixture::{Comment, Fixture, Post, banning};

const LINKS: &str =
    "http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example";

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["target"]["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Held comments, in the order in which they came.
async fn held(fixture: &Fixture, count: usize) -> Vec<Comment> {
    let mut comments = Vec::new();
    for number in 0..count {
        let (comment, case) = fixture.judged(&format!("{LINKS} {number}")).await;
        assert_eq!(case["outcome"], "flagged");
        comments.push(comment);
    }
    comments
}

fn named(comments: &[Comment]) -> Vec<String> {
    comments.iter().map(|comment| comment.id.to_string()).collect()
}

#[tokio::test]
async fn by_default_it_lists_what_is_held_the_longest_waiting_first_with_all_that_is_needed() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    let waiting = held(&fixture, 2).await;
    fixture.judged("A kind word.").await;
    fixture.judged("A flubber.").await;
    let page = fixture.look("queue").await.expect(200);
    assert_eq!(ids(&page), named(&waiting));
    assert_eq!(page["next"], Value::Null);
    let first = &page["items"][0];
    let case = fixture.look(&waiting[0].path()).await.expect(200);
    for field in [
        "target",
        "post_id",
        "text",
        "author_id",
        "outcome",
        "reason",
        "revision",
        "version",
        "findings",
    ] {
        assert_eq!(first[field], case[field], "{field}");
        assert_ne!(first[field], Value::Null, "{field}");
    }
    assert_eq!(first["since"], case["decided_at"]);
    assert_eq!(
        (&first["report_count"], &first["reports"]),
        (&json!(0), &json!([]))
    );

    let approve = json!({ "decision": "approve", "revision": 1 });
    fixture.decide(&waiting[0].path(), approve).await.expect(200);
    let page = fixture.look("queue").await.expect(200);
    assert_eq!(ids(&page), named(&waiting[1..]));
    fixture.finish().await;
}

#[tokio::test]
async fn of_a_long_post_the_queue_shows_the_beginning() {
    let fixture = Fixture::start().await;
    let post = Post::by(fixture.ann.id);
    let text = format!("{LINKS} {}", "Ü lange Rede. ".repeat(600));
    fixture.say(post.says(PostFact::Published, &text, "a"), 2).await;
    let case = fixture.stands(&post.path(), 2).await;
    assert_eq!(case["text"], text);
    let page = fixture.look("queue").await.expect(200);
    let entry = &page["items"][0];
    let beginning: String = text.chars().take(5000).collect();
    assert_eq!(
        (&entry["text"], &entry["is_long"]),
        (&json!(beginning), &json!(true))
    );
    assert_eq!(entry["title"], "A post");
    fixture.judged(LINKS).await;
    let page = fixture.look("queue?kind=comment").await.expect(200);
    assert_eq!(page["items"][0]["is_long"], false);
    fixture.finish().await;
}

#[tokio::test]
async fn it_comes_in_pages_in_both_orders_and_nothing_is_skipped_while_others_decide() {
    let fixture = Fixture::start().await;
    let waiting = held(&fixture, 7).await;
    for order in ["oldest", "newest"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("queue?limit=3&order={order}&cursor={cursor}");
            let page = fixture.look(&path).await.expect(200);
            seen.extend(ids(&page));
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        if order == "newest" {
            seen.reverse();
        }
        assert_eq!(seen, named(&waiting));
    }
    let page = fixture.look("queue?limit=3").await.expect(200);
    let next = page["next"].as_str().unwrap();
    let approve = json!({ "decision": "approve", "revision": 1 });
    fixture.decide(&waiting[2].path(), approve).await.expect(200);
    let rest = fixture.look(&format!("queue?cursor={next}")).await.expect(200);
    assert_eq!(ids(&rest), named(&waiting[3..]));
    fixture.finish().await;
}

#[tokio::test]
async fn it_can_be_asked_by_status_kind_and_age() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    let waiting = held(&fixture, 3).await;
    let post = Post::by(fixture.ann.id);
    let text = format!("{LINKS} in a post");
    fixture.say(post.says(PostFact::Published, &text, "a"), 2).await;
    fixture.stands(&post.path(), 2).await;
    let (clean, _) = fixture.judged("A kind word.").await;
    let (refused, _) = fixture.judged("A flubber.").await;

    let asked = async |query: &str| ids(&fixture.look(&format!("queue?{query}")).await.expect(200));
    assert_eq!(asked("status=approved").await, named(&[clean]));
    assert_eq!(asked("status=rejected&kind=comment").await, named(&[refused]));
    assert_eq!(asked("status=rejected&kind=post").await, [] as [String; 0]);
    assert_eq!(asked("kind=comment").await, named(&waiting));
    assert_eq!(asked("kind=post").await, [post.id.to_string()]);
    assert_eq!(asked("").await.len(), 4);

    let page = fixture.look("queue").await.expect(200);
    let second = page["items"][1]["since"].as_str().unwrap();
    assert_eq!(asked(&format!("older_than={second}")).await, named(&waiting[..1]));
    assert_eq!(
        asked(&format!("newer_than={second}&kind=comment")).await,
        named(&waiting[1..])
    );
    let both = format!("newer_than={second}&older_than={second}");
    assert_eq!(asked(&both).await, [] as [String; 0]);
    fixture.finish().await;
}

#[tokio::test]
async fn it_can_be_asked_by_reporter_and_for_what_is_reported() {
    let fixture = Fixture::start().await;
    let (first, _) = fixture.judged("First word.").await;
    let (second, _) = fixture.judged("Second word.").await;
    let (_, _) = fixture.judged("Third word.").await;
    for (user, comment, note) in [
        (&fixture.bob, second, "Bob on the second"),
        (&fixture.moderator, second, "A moderator on the second"),
        (&fixture.bob, first, "Bob on the first"),
    ] {
        let target = json!({ "kind": "comment", "id": comment.id.to_string() });
        let report = json!({ "target": target, "reason": "spam", "note": note });
        fixture.post(user, "reports", &report).await.expect(201);
    }
    let asked = async |query: &str| fixture.look(&format!("queue?{query}")).await.expect(200);
    let page = asked("status=reported").await;
    assert_eq!(ids(&page), named(&[second, first]), "by the first report of each");
    let entry = &page["items"][0];
    assert_eq!(
        (&entry["report_count"], &entry["outcome"]),
        (&json!(2), &json!("approved"))
    );
    assert_eq!(entry["since"], entry["reports"][0]["filed_at"]);
    let notes: Vec<_> = entry["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| &report["note"])
        .collect();
    assert_eq!(notes, ["Bob on the second", "A moderator on the second"]);

    let (bob, moderator) = (fixture.bob.id, fixture.moderator.id);
    assert_eq!(
        ids(&asked(&format!("reporter={bob}")).await),
        named(&[second, first])
    );
    assert_eq!(
        ids(&asked(&format!("reporter={moderator}")).await),
        named(&[second])
    );
    assert_eq!(
        ids(&asked(&format!("reporter={bob}&status=approved")).await),
        named(&[first, second])
    );
    assert_eq!(
        ids(&asked(&format!("reporter={bob}&status=flagged")).await),
        [] as [String; 0]
    );
    let page = asked("status=reported&limit=1").await;
    let next = page["next"].as_str().unwrap();
    let rest = asked(&format!("status=reported&cursor={next}")).await;
    assert_eq!((ids(&page), ids(&rest)), (named(&[second]), named(&[first])));
    fixture.finish().await;
}

#[tokio::test]
async fn a_filter_that_cannot_be_is_refused_with_its_name() {
    let fixture = Fixture::start().await;
    let look = async |query: &str| -> Response { fixture.look(&format!("queue?{query}")).await };
    for (query, code) in [
        ("status=pending", "invalid_value"),
        ("kind=user", "invalid_value"),
        ("order=random", "invalid_value"),
        ("reporter=bob", "invalid_format"),
        ("older_than=yesterday", "invalid_format"),
        ("newer_than=2026-13-01T00:00:00Z", "invalid_format"),
        ("limit=101", "out_of_range"),
    ] {
        let field = query.split('=').next().unwrap();
        look(query).await.refused_field(422, code, field);
    }
    look("cursor=x").await.refused(400, "invalid_cursor");
    look("status=&kind=&order=").await.expect(200);
    fixture.finish().await;
}

/// The queue's pages read entries of their own index and sort nothing.
#[tokio::test]
async fn each_question_has_an_index() {
    let fixture = Fixture::start().await;
    let database = fixture.running.context().database().unwrap();
    let names = database
        .collection::<mongodb::bson::Document>("verdicts")
        .list_index_names()
        .await
        .unwrap();
    for name in [
        "queue",
        "queue_by_kind",
        "reported",
        "reported_by",
        "same_text",
        "by_author",
        "to_settle",
        "outbox_pending",
    ] {
        assert!(names.contains(&name.to_owned()), "{name} is not among {names:?}");
    }
    fixture.finish().await;
}
