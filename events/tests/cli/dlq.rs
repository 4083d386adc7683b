use common::event::{DEAD_LETTER_STREAM, STREAM};
use serde_json::{Value, json};
use testkit::eventually;

use crate::{
    command::{events, on, run_with},
    scenario,
    site::Site,
};

/// A site whose comments service could not decode one event of a post, which `change` spoils. Returns the site and the
/// post's id.
async fn with_letter(change: impl Fn(&mut Vec<(String, String)>, &mut Vec<u8>)) -> (Site, String) {
    let site = Site::start().await;
    let post = site.publish("Hello").await["id"].as_str().unwrap().to_owned();
    site.settled().await;
    spoil(&site, 1, change).await;
    (site, post)
}

/// Republishes the message at `sequence`, spoiled, with another id and a higher version, and waits until it is a dead
/// letter.
async fn spoil(site: &Site, sequence: u64, change: impl Fn(&mut Vec<(String, String)>, &mut Vec<u8>)) {
    let before = letters(site).await.len();
    let log = site.bus.jetstream().get_stream(STREAM).await.unwrap();
    let message = log.get_raw_message(sequence).await.unwrap();
    let mut body = message.payload.to_vec();
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, values) in message.headers.iter() {
        let name = name.to_string();
        if name.starts_with("ce-") {
            headers.push((name, values[0].to_string()));
        }
    }
    set(&mut headers, "ce-id", &uuid::Uuid::now_v7().to_string());
    set(&mut headers, "ce-aggregateversion", "2");
    change(&mut headers, &mut body);
    let borrowed: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    scenario::publish_raw(&site.bus, &message.subject, &borrowed, &body).await;
    eventually("the dead letter is filed", async || {
        (letters(site).await.len() > before).then_some(())
    })
    .await;
}

fn set(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    headers.retain(|(found, _)| found != name);
    headers.push((name.to_owned(), value.to_owned()));
}

async fn letters(site: &Site) -> Vec<Value> {
    events(&site.nats, &["dlq", "list"]).await.lines()
}

/// The last event of the log.
async fn last(site: &Site) -> Value {
    events(&site.nats, &["tail", "-n", "1"]).await.lines().remove(0)
}

fn bad_version(headers: &mut Vec<(String, String)>, _: &mut Vec<u8>) {
    set(headers, "ce-aggregateversion", "0");
}

fn bad_status(_: &mut Vec<(String, String)>, body: &mut Vec<u8>) {
    let mut state: Value = serde_json::from_slice(body).unwrap();
    state["content"]["tags"] = json!("rust");
    *body = state.to_string().into_bytes();
}

#[tokio::test]
async fn dead_letters_are_listed_by_consumer_reason_and_age() {
    let (site, _) = with_letter(bad_version).await;
    spoil(&site, 1, bad_status).await;
    let all = letters(&site).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["consumer"], "comments-posts");
    assert_eq!(all[0]["sequence"], 2);
    assert_eq!(all[0]["attempts"], 1);
    assert_eq!(all[0]["type"], "blog.post.published.v1");
    assert!(
        all[0]["reason"].as_str().unwrap().contains("ce-aggregateversion"),
        "{all:#?}"
    );
    for (args, expected) in [
        (&["--consumer", "comments-posts"][..], json!([1, 2])),
        (&["--consumer", "query"], json!([])),
        (&["--reason", "tags"], json!([2])),
        (&["--reason", "^header .*version"], json!([1])),
        (&["--newer", "1h"], json!([1, 2])),
        (&["--older", "1h"], json!([])),
    ] {
        let args: Vec<&str> = ["dlq", "list"].iter().chain(args).copied().collect();
        let found = events(&site.nats, &args).await.lines();
        let found: Vec<_> = found.iter().map(|letter| &letter["id"]).collect();
        assert_eq!(json!(found), expected, "{args:?}");
    }
    events(&site.nats, &["dlq", "list", "--reason", "("])
        .await
        .exits(2);
    let table = events(&site.nats, &["dlq", "list", "-o", "table"]).await.ok();
    assert_eq!(table.lines().count(), 3, "{table}");
}

#[tokio::test]
async fn a_dead_letter_is_explained() {
    let (site, post) = with_letter(bad_status).await;
    let said = events(&site.nats, &["dlq", "show", "1"]).await.lines().remove(0);
    assert_eq!(said["service"], "comments");
    assert_eq!(said["in_log"], "there");
    assert_eq!(said["today"]["readable"], false);
    assert_eq!(said["today"]["field"], "content.tags");
    assert_eq!(said["today"]["expected"], "content.tags: array of string");
    assert_eq!(
        said["message"]["subject"],
        format!("blog.evt.post.{post}.published")
    );
    let id = said["message"]["headers"]["ce-id"][0].as_str().unwrap();
    let words = events(&site.nats, &["dlq", "show", id, "-o", "table"]).await.ok();
    for part in [
        "dead letter 1",
        "comments-posts of comments: keeps a replica",
        "would be rejected again",
        "content.tags",
        "events dlq redrive 1 --data @body.json",
    ] {
        assert!(words.contains(part), "{part} is not in\n{words}");
    }
    events(&site.nats, &["dlq", "show", "9"]).await.exits(4);

    spoil(&site, 1, bad_version).await;
    let said = events(&site.nats, &["dlq", "show", "2"]).await.lines().remove(0);
    assert_eq!(said["today"]["header"], "ce-aggregateversion");
    assert_eq!(said["today"]["expected"], "a version from 1 to 2^53");
    let garbage = |_: &mut Vec<_>, body: &mut Vec<u8>| *body = vec![b'x'; 1_020_000];
    spoil(&site, 1, garbage).await;
    let said = events(&site.nats, &["dlq", "show", "3"]).await.lines().remove(0);
    assert_eq!(
        (&said["bytes"], &said["today"]["expected"]),
        (&json!(1_020_000), &json!("JSON"))
    );
}

#[tokio::test]
async fn a_repaired_dead_letter_is_processed_recorded_and_removed() {
    let (site, post) = with_letter(bad_status).await;
    let spoiled = last(&site).await;
    let mut state = spoiled["data"].clone();
    state["content"]["tags"] = json!(["mended"]);
    let repair = ["dlq", "redrive", "1", "--as", "olga", "--data", "@-"];

    // Unchanged it would fail again.
    let refused = events(&site.nats, &["dlq", "redrive", "1", "--as", "olga", "--yes"])
        .await
        .exits(1);
    assert!(refused.stdout.contains("it would fail again"), "{refused:#?}");
    // An insufficient repair is refused.
    let refused = run_with(on(&site.nats, &repair), b"{}".to_vec()).await.exits(2);
    assert!(refused.stderr.contains("still not an event"), "{refused:#?}");
    // Without --yes nothing happens.
    let dry = run_with(on(&site.nats, &repair), state.to_string().into())
        .await
        .exits(0);
    assert!(
        dry.stdout.contains("would be redriven") && dry.stderr.contains("--yes"),
        "{dry:#?}"
    );
    assert_eq!(letters(&site).await.len(), 1);

    let really: Vec<&str> = repair
        .iter()
        .copied()
        .chain(["--yes", "--note", "a bug in posts"])
        .collect();
    let done = run_with(on(&site.nats, &really), state.to_string().into())
        .await
        .lines()
        .remove(0);

    assert_eq!(done["result"], "redriven");
    assert!(letters(&site).await.is_empty());
    let log = events(&site.nats, &["tail", "-n", "2"]).await.lines();
    assert_eq!(log[0]["data"], state);
    assert_eq!(log[0]["causation_id"], spoiled["id"]);
    assert_eq!(log[0]["id"], done["repaired_by"]);
    assert_eq!(log[0]["subject"], format!("blog.evt.post.{post}.published"));
    assert_eq!(log[1]["type"], "blog.dead_letter.redriven.v1");
    assert_eq!(log[1]["actor"], "operator:olga");
    assert_eq!(log[1]["data"]["consumer"], "comments-posts");
    assert_eq!(log[1]["data"]["note"], "a bug in posts");
    assert_eq!(log[1]["data"]["repaired_by"], done["repaired_by"]);
    site.settled().await;
    assert!(letters(&site).await.is_empty(), "it was processed this time");
}

/// The consumer was faulty and can process the message now.
#[tokio::test]
async fn a_valid_message_is_redelivered_to_its_consumer_alone_and_once() {
    let (site, _) = with_letter(bad_version).await;
    let jetstream = site.bus.jetstream();
    let dead = jetstream.get_stream(DEAD_LETTER_STREAM).await.unwrap();
    let mut letter = dead.get_raw_message(1).await.unwrap();
    // As if the consumer had refused the event of sequence 1, which is valid.
    let log = jetstream.get_stream(STREAM).await.unwrap();
    let sound = log.get_raw_message(1).await.unwrap();
    letter.headers.insert("ce-aggregateversion", "1");
    letter
        .headers
        .insert("ce-id", sound.headers.get("ce-id").unwrap().as_str());
    letter.headers.insert("Inkstream-Sequence", "1");
    letter.headers.insert("Nats-Msg-Id", "another");
    let file = async || {
        let sent = jetstream.publish_with_headers(
            letter.subject.clone(),
            letter.headers.clone(),
            sound.payload.clone(),
        );
        sent.await.unwrap().await.unwrap();
    };
    file().await;

    let redrive = ["dlq", "redrive", "2", "--as", "olga", "--yes"];
    let done = events(&site.nats, &redrive).await.lines().remove(0);

    let sequence = done["redriven_as"].as_u64().unwrap();
    let again = log.get_raw_message(sequence).await.unwrap();
    assert_eq!(
        (again.subject, again.payload),
        (sound.subject.clone(), sound.payload.clone())
    );
    assert_eq!(
        again.headers.get("Inkstream-Redrive").unwrap().as_str(),
        "comments-posts"
    );
    assert_eq!(again.headers.get("ce-id"), sound.headers.get("ce-id"));
    events(&site.nats, &redrive).await.exits(4);
    site.settled().await;
    assert_eq!(letters(&site).await.len(), 1, "the first letter");
}

/// Interrupted before the removal of the dead letter, which the server denies here.
#[tokio::test]
async fn an_interrupted_redrive_can_be_repeated() {
    let (site, _) = with_letter(bad_status).await;
    let jetstream = site.bus.jetstream();
    let dead = jetstream.get_stream(DEAD_LETTER_STREAM).await.unwrap();
    let mut config = dead.cached_info().config.clone();
    config.deny_delete = true;
    jetstream.update_stream(config).await.unwrap();
    let mut state: Value = last(&site).await["data"].clone();
    state["content"]["tags"] = json!([]);
    let state = state.to_string();
    let repair = ["dlq", "redrive", "1", "--as", "olga", "--yes", "--data", &state];
    let head = last(&site).await["sequence"].as_u64().unwrap();

    for _ in 0..2 {
        let interrupted = events(&site.nats, &repair).await.exits(3);
        assert!(
            interrupted.stderr.contains("cannot be removed"),
            "{interrupted:#?}"
        );
        // The event and the record of it, once.
        assert_eq!(last(&site).await["sequence"], head + 2);
    }
    assert_eq!(letters(&site).await.len(), 1);
}

#[tokio::test]
async fn a_discarded_dead_letter_is_recorded_and_removed_and_the_event_is_retained() {
    let (site, _) = with_letter(bad_version).await;
    let discard = ["dlq", "discard", "--all", "--as", "olga"];
    events(&site.nats, &discard).await.exits(2);
    let with_note: Vec<&str> = discard.iter().copied().chain(["--note", "a trial"]).collect();
    let dry = events(&site.nats, &with_note).await.exits(0);
    assert!(dry.stdout.contains("would be discarded"), "{dry:#?}");
    assert_eq!(letters(&site).await.len(), 1);
    let really: Vec<&str> = with_note.iter().copied().chain(["--yes"]).collect();

    events(&site.nats, &really).await.ok();

    assert!(letters(&site).await.is_empty());
    let log = events(&site.nats, &["tail", "-n", "2"]).await.lines();
    assert_eq!(log[0]["sequence"], 2);
    assert_eq!(log[1]["type"], "blog.dead_letter.discarded.v1");
    assert_eq!(log[1]["data"]["note"], "a trial");
    assert!(events(&site.nats, &really).await.ok().is_empty());
}

#[tokio::test]
async fn operator_and_selection_are_required() {
    let site = Site::start().await;
    for args in [
        &["dlq", "redrive", "--as", "olga"][..],
        &["dlq", "redrive", "--all"],
        &["dlq", "redrive", "1", "--all", "--as", "olga"],
        &["dlq", "redrive", "1", "--consumer", "x", "--as", "olga"],
        &["dlq", "redrive", "--all", "--data", "{}", "--as", "olga"],
        &[
            "dlq",
            "discard",
            "1",
            "--yes",
            "--dry-run",
            "--as",
            "olga",
            "--note",
            "x",
        ],
    ] {
        events(&site.nats, args).await.exits(2);
    }
    events(&site.nats, &["dlq", "redrive", "1", "--as", "olga"])
        .await
        .exits(4);
}
