use common::event::{Envelope, encode};
use runtime::bus::Bus;
use serde_json::{Value, json};
use testkit::NatsServer;

use crate::{
    command::{events, on, run_with},
    scenario::{self, StoryEvent, event_id, publish_raw, story},
    site::Site,
};

/// Event `number` of the story with another id and version.
fn again(number: usize, id: u16, version: u64) -> (Envelope, StoryEvent) {
    let story_event = story().remove(number - 1);
    let envelope = Envelope {
        id: event_id(id),
        service: story_event.service.to_owned(),
        time: scenario::moment(number),
        aggregate_version: version,
        correlation_id: "again".to_owned(),
        causation_id: None,
        actor: story_event.actor.clone(),
        traceparent: None,
    };
    (envelope, story_event)
}

/// Publishes it without its deduplication key, as if after the duplicate window.
async fn publish_again(
    bus: &Bus,
    number: usize,
    id: u16,
    version: u64,
    change: impl Fn(&str, String) -> String,
) {
    let (envelope, story_event) = again(number, id, version);
    let message = encode(&envelope, &story_event.event).unwrap();
    let headers: Vec<_> = message
        .headers
        .iter()
        .filter(|(name, _)| name != "Nats-Msg-Id")
        .map(|(name, value)| (name.as_str(), change(name, value.clone())))
        .collect();
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let body = String::from_utf8(message.payload.to_vec()).unwrap();
    publish_raw(bus, &message.subject, &headers, change("", body).as_bytes()).await;
}

#[tokio::test]
async fn a_redrive_for_one_consumer_is_a_note() {
    let (nats, bus) = with_story().await;
    let (envelope, story_event) = again(3, 3, 2);
    let message = encode(&envelope, &story_event.event).unwrap();
    let mut headers: Vec<_> = message
        .headers
        .iter()
        .filter(|(name, _)| name != "Nats-Msg-Id")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    headers.push(("Inkstream-Redrive", "comments-posts"));
    publish_raw(&bus, &message.subject, &headers, &message.payload).await;
    let notes = events(&nats, &["validate"]).await.lines();
    assert_eq!(kinds(&notes), json!([[9, "republished"]]));
}

fn as_it_is(_: &str, value: String) -> String {
    value
}

async fn with_story() -> (NatsServer, Bus) {
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    scenario::publish_story(&bus).await;
    (nats, bus)
}

fn kinds(findings: &[Value]) -> Value {
    let kind = |finding: &Value| json!([finding["sequence"], finding["kind"]]);
    findings.iter().map(kind).collect()
}

/// The findings of a run.
async fn findings(nats: &NatsServer, args: &[&str]) -> Vec<Value> {
    let outcome = events(nats, args).await.exits(1);
    let parse = |line: &str| serde_json::from_str(line).unwrap();
    outcome.stdout.lines().map(parse).collect()
}

#[tokio::test]
async fn events_of_the_services_have_no_findings() {
    let site = Site::start().await;
    let post = site.publish("Hello").await;
    let id = post["id"].as_str().unwrap();
    site.rename(id, "Hello again").await;
    site.comment(id, "Nice").await;
    site.settled().await;
    assert_eq!(events(&site.nats, &["validate"]).await.ok(), "");
    let said = events(&site.nats, &["validate", "-o", "table"]).await.ok();
    assert!(said.ends_with("events checked: 0 findings, 0 notes\n"), "{said}");
}

#[tokio::test]
async fn every_kind_of_finding_is_reported() {
    let (nats, bus) = with_story().await;
    // 9: republished, which is a note. 10: after a version gap. 11: late. 12: another event of the same version.
    publish_again(&bus, 8, 8, 3, as_it_is).await;
    publish_again(&bus, 8, 20, 5, as_it_is).await;
    publish_again(&bus, 8, 21, 4, as_it_is).await;
    publish_again(&bus, 8, 22, 5, as_it_is).await;
    // 13: the id of another event. 14: an unknown type.
    publish_again(&bus, 8, 1, 6, as_it_is).await;
    let newer = |name: &str, value: String| match name {
        "ce-type" => value.replace(".v2", ".v9"),
        _ => value,
    };
    publish_again(&bus, 8, 24, 6, newer).await;
    // 15: from another service.
    let other_service = |name: &str, value: String| match name {
        "ce-source" => "/inkstream/auth".to_owned(),
        _ => value,
    };
    publish_again(&bus, 8, 25, 7, other_service).await;
    // 16: not JSON. 17: without headers. 18: another event's subject.
    publish_again(&bus, 8, 26, 8, |name, value| match name {
        "" => "no json".to_owned(),
        _ => value,
    })
    .await;
    publish_raw(&bus, "blog.evt.post.x.updated", &[], b"{}").await;
    let (envelope, story_event) = again(8, 27, 9);
    let message = encode(&envelope, &story_event.event).unwrap();
    let headers: Vec<_> = message
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    publish_raw(&bus, "blog.evt.post.x.updated", &headers, &message.payload).await;

    let found = findings(&nats, &["validate"]).await;

    assert_eq!(
        kinds(&found),
        json!([
            [9, "republished"],
            [10, "version_gap"],
            [11, "version_regression"],
            [12, "version_conflict"],
            [13, "duplicate_id"],
            [14, "unknown_type"],
            [15, "registry"],
            [16, "body"],
            [17, "header"],
            [18, "subject_mismatch"],
        ])
    );
    assert_eq!(
        (&found[0]["severity"], &found[1]["severity"]),
        (&json!("info"), &json!("error"))
    );
    assert_eq!(found[1]["type"], "blog.post.updated.v2");
    assert_eq!(found[1]["id"], event_id(20).to_string());
    let of_post = format!("post:{} has version 5 after 3", scenario::post());
    assert_eq!(found[1]["message"], of_post);
    let quiet = findings(&nats, &["validate", "--quiet", "--to-seq", "10"]).await;
    assert_eq!(kinds(&quiet), json!([[10, "version_gap"]]));
    events(&nats, &["validate", "--to-seq", "9"]).await.exits(0);
}

#[tokio::test]
async fn a_selection_within_an_aggregate_reports_no_gap() {
    let (nats, _) = with_story().await;
    let outcome = events(&nats, &["validate", "--type", "post.updated"])
        .await
        .exits(0);
    assert!(
        outcome.stderr.contains("missing versions are not reported"),
        "{outcome:?}"
    );
    events(&nats, &["validate", "--from-seq", "3"]).await.ok();
}

/// The story as an export.
fn export() -> Vec<Value> {
    let line = |number: usize| {
        let version = story()[number - 1].version;
        let (envelope, story_event) = again(number, u16::try_from(number).unwrap(), version);
        let message = encode(&envelope, &story_event.event).unwrap();
        let headers: serde_json::Map<_, _> = message
            .headers
            .into_iter()
            .map(|(name, value)| (name, json!([value])))
            .collect();
        json!({
            "sequence": number, "time": "2026-01-01T12:00:00.000Z", "subject": message.subject, "headers": headers,
            "data": String::from_utf8(message.payload.to_vec()).unwrap(),
        })
    };
    (1..=8).map(line).collect()
}

fn lines(values: &[Value]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| format!("{value}\n").into_bytes())
        .collect()
}

#[tokio::test]
async fn an_export_needs_no_server() {
    let nats = NatsServer::start_empty().await;
    let outcome = run_with(on(&nats, &["validate", "-"]), lines(&export())).await;
    assert_eq!(outcome.ok(), "");

    let mut export = export();
    export.remove(1);
    export[1]["data"] = json!(
        export[1]["data"]
            .as_str()
            .unwrap()
            .replace("\"tags\":[\"rust\",\"nats\"]", "\"tags\":7")
    );
    // Unknown to every service, so this release must not publish it.
    export[5]["data"] = json!(export[5]["data"].as_str().unwrap().replace("like", "love"));
    let mut input = lines(&export);
    input.extend_from_slice(b"\nnonsense\n");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.jsonl");
    std::fs::write(&path, input).unwrap();
    let outcome = events(&nats, &["validate", path.to_str().unwrap()])
        .await
        .exits(1);
    let found: Vec<Value> = outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let places: Vec<_> = found
        .iter()
        .map(|finding| json!([finding["line"], finding["kind"]]))
        .collect();
    assert_eq!(
        json!(places),
        json!([[2, "body"], [6, "schema"], [7, "version_gap"], [9, "line"]])
    );
    events(&nats, &["validate", "/nonexistent"]).await.exits(2);
    events(&nats, &["validate", "-", "--type", "post"]).await.exits(2);
}
