//! The moderation queue: filters, order, pages.

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

/// Held comments, in the order of their arrival.
async fn held(fixture: &Fixture, count: usize) -> Vec<Comment> {
    let mut comments = Vec::new();
    for number in 0..count {
        let (comment, case) = fixture.judged(&format!("{LINKS} {number}")).await;
        assert_eq!(case["outcome"], "flagged");
        comments.push(comment);
    }
    comments
}

fn ids_of(comments: &[Comment]) -> Vec<String> {
    comments.iter().map(|comment| comment.id.to_string()).collect()
}

#[tokio::test]
async fn by_default_it_lists_held_texts_the_longest_waiting_first_with_everything_a_moderator_needs() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    let waiting = held(&fixture, 2).await;
    fixture.judged("A kind word.").await;
    fixture.judged("A flubber.").await;
    let page = fixture.read("queue").await.expect(200);
    assert_eq!(ids(&page), ids_of(&waiting));
    assert_eq!(page["next"], Value::Null);
    let first = &page["items"][0];
    let case = fixture.read(&waiting[0].path()).await.expect(200);
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
    let page = fixture.read("queue").await.expect(200);
    assert_eq!(ids(&page), ids_of(&waiting[1..]));
    fixture.finish().await;
}

#[tokio::test]
async fn the_queue_shows_the_beginning_of_a_long_post() {
    let fixture = Fixture::start().await;
    let links = json!({ "max": 5, "action": "hold" });
    fixture.set_rules(json!({ "posts": { "links": links } })).await;
    let post = Post::by(fixture.ann.id);
    let text = format!("{LINKS} {}", "Ü lange Rede. ".repeat(600));
    fixture
        .publish(post.with_text(PostFact::Published, &text, "a"), 2)
        .await;
    let case = fixture.case_at(&post.path(), 2).await;
    assert_eq!(case["text"], text);
    let page = fixture.read("queue").await.expect(200);
    let entry = &page["items"][0];
    let beginning: String = text.chars().take(5000).collect();
    assert_eq!(
        (&entry["text"], &entry["is_long"]),
        (&json!(beginning), &json!(true))
    );
    assert_eq!(entry["title"], "A post");
    fixture.judged(LINKS).await;
    let page = fixture.read("queue?kind=comment").await.expect(200);
    assert_eq!(page["items"][0]["is_long"], false);
    fixture.finish().await;
}

#[tokio::test]
async fn it_is_paged_in_both_orders_and_no_entry_is_skipped_while_others_decide() {
    let fixture = Fixture::start().await;
    let waiting = held(&fixture, 7).await;
    for order in ["oldest", "newest"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("queue?limit=3&order={order}&cursor={cursor}");
            let page = fixture.read(&path).await.expect(200);
            seen.extend(ids(&page));
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        if order == "newest" {
            seen.reverse();
        }
        assert_eq!(seen, ids_of(&waiting));
    }
    let page = fixture.read("queue?limit=3").await.expect(200);
    let next = page["next"].as_str().unwrap();
    let approve = json!({ "decision": "approve", "revision": 1 });
    fixture.decide(&waiting[2].path(), approve).await.expect(200);
    let rest = fixture.read(&format!("queue?cursor={next}")).await.expect(200);
    assert_eq!(ids(&rest), ids_of(&waiting[3..]));
    fixture.finish().await;
}

#[tokio::test]
async fn it_can_be_filtered_by_status_kind_and_age() {
    let fixture = Fixture::start().await;
    let mut rules = banning("flubber");
    rules["posts"]["links"] = json!({ "max": 5, "action": "hold" });
    fixture.set_rules(rules).await;
    let waiting = held(&fixture, 3).await;
    let post = Post::by(fixture.ann.id);
    let text = format!("{LINKS} in a post");
    fixture
        .publish(post.with_text(PostFact::Published, &text, "a"), 2)
        .await;
    fixture.case_at(&post.path(), 2).await;
    let (clean, _) = fixture.judged("A kind word.").await;
    let (rejected, _) = fixture.judged("A flubber.").await;

    let queue = async |query: &str| ids(&fixture.read(&format!("queue?{query}")).await.expect(200));
    assert_eq!(queue("status=approved").await, ids_of(&[clean]));
    assert_eq!(queue("status=rejected&kind=comment").await, ids_of(&[rejected]));
    assert_eq!(queue("status=rejected&kind=post").await, [] as [String; 0]);
    assert_eq!(queue("kind=comment").await, ids_of(&waiting));
    assert_eq!(queue("kind=post").await, [post.id.to_string()]);
    assert_eq!(queue("").await.len(), 4);

    let page = fixture.read("queue").await.expect(200);
    let second = page["items"][1]["since"].as_str().unwrap();
    assert_eq!(
        queue(&format!("older_than={second}")).await,
        ids_of(&waiting[..1])
    );
    assert_eq!(
        queue(&format!("newer_than={second}&kind=comment")).await,
        ids_of(&waiting[1..])
    );
    let both = format!("newer_than={second}&older_than={second}");
    assert_eq!(queue(&both).await, [] as [String; 0]);
    fixture.finish().await;
}

#[tokio::test]
async fn it_can_be_filtered_by_reporter_and_by_open_reports() {
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
    let queue = async |query: &str| fixture.read(&format!("queue?{query}")).await.expect(200);
    let page = queue("status=reported").await;
    assert_eq!(
        ids(&page),
        ids_of(&[second, first]),
        "by the first report of each"
    );
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
        ids(&queue(&format!("reporter={bob}")).await),
        ids_of(&[second, first])
    );
    assert_eq!(
        ids(&queue(&format!("reporter={moderator}")).await),
        ids_of(&[second])
    );
    assert_eq!(
        ids(&queue(&format!("reporter={bob}&status=approved")).await),
        ids_of(&[first, second])
    );
    assert_eq!(
        ids(&queue(&format!("reporter={bob}&status=flagged")).await),
        [] as [String; 0]
    );
    let page = queue("status=reported&limit=1").await;
    let next = page["next"].as_str().unwrap();
    let rest = queue(&format!("status=reported&cursor={next}")).await;
    assert_eq!((ids(&page), ids(&rest)), (ids_of(&[second]), ids_of(&[first])));
    fixture.finish().await;
}

#[tokio::test]
async fn an_invalid_filter_is_rejected_by_its_name() {
    let fixture = Fixture::start().await;
    let read = async |query: &str| -> Response { fixture.read(&format!("queue?{query}")).await };
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
        read(query).await.refused_field(422, code, field);
    }
    read("cursor=x").await.refused(400, "invalid_cursor");
    read("status=&kind=&order=").await.expect(200);
    fixture.finish().await;
}

/// Each filter of the queue is served by an index.
#[tokio::test]
async fn each_query_has_an_index() {
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
