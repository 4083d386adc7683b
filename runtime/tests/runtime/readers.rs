//! Independent clients can read the log according to the specifications.

use std::process::Command;

use common::event::header;
use runtime::store::Cause;
use serde_json::Value;

use crate::fixture::{Fixture, Following};

#[tokio::test]
async fn python_reads_our_events_as_cloud_events() {
    let fixture = Fixture::start().await;
    // Everything that percent-encoding is for.
    let correlation = "caf\u{e9} \"7%41\" \u{1f980}";
    let cause = Cause::service("auth", correlation);
    let following = fixture.store.create(Following::new().begin(), &cause).await;
    let following = following.unwrap().into_stored();
    let id = following.id.clone();
    fixture.toggle(&id, None).await.unwrap();
    fixture.outbox_is_empty().await;
    let ours = fixture.log(2).await;

    let python = std::env::var_os("INKSTREAM_PYTHON")
        .expect("INKSTREAM_PYTHON is not set: run the tests with `cargo xtask test`");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers/read_events.py");
    let mut command = Command::new(python);
    command.args([script, &fixture.nats.url(), "2"]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let theirs: Vec<Value> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();

    assert_eq!(theirs.len(), 2, "{stderr}");
    for (index, (entry, read)) in ours.iter().zip(&theirs).enumerate() {
        let (envelope, attributes) = (&entry.event.envelope, &read["attributes"]);
        let fact = ["followed", "unfollowed"][index];
        assert_eq!(read["subject"], format!("blog.evt.follow.{id}.{fact}"));
        assert_eq!(attributes["specversion"], "1.0");
        assert_eq!(attributes["id"], envelope.id.to_string());
        assert_eq!(attributes["source"], "/inkstream/auth");
        assert_eq!(attributes["type"], format!("blog.follow.{fact}.v1"));
        assert_eq!(attributes["subject"], id);
        assert_eq!(attributes["datacontenttype"], "application/json");
        let schema = format!("urn:inkstream:schema:blog.follow.{fact}.v1");
        assert_eq!(attributes["dataschema"], schema);
        let time = envelope.time.to_string().replace('Z', "+00:00");
        assert_eq!(attributes["time"], time);
        assert_eq!(attributes["aggregateversion"], (index + 1).to_string());
        assert_eq!(attributes["actor"], "service:auth");
        let state = entry.event.event.clone();
        let common::event::Event::Follow(_, state) = state else {
            panic!("{state:?}")
        };
        assert_eq!(read["data"], serde_json::to_value(state).unwrap());
        // Nothing of ours but the extensions is there.
        for name in attributes.as_object().unwrap().keys() {
            let name = format!("ce-{name}");
            assert!(HEADERS.contains(&name.as_str()), "{name}");
        }
    }
    assert_eq!(theirs[0]["attributes"]["correlationid"], correlation);
    fixture.finish().await;
}

const HEADERS: &[&str] = &[
    header::SPEC_VERSION,
    header::ID,
    header::TYPE,
    header::SOURCE,
    header::SUBJECT,
    header::TIME,
    header::DATA_CONTENT_TYPE,
    header::DATA_SCHEMA,
    header::AGGREGATE_VERSION,
    header::CORRELATION_ID,
    header::CAUSATION_ID,
    header::ACTOR,
];
