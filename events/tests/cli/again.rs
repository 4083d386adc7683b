//! `replay` and `resync`.

use std::time::{Duration, Instant};

use common::event::STREAM;
use futures::StreamExt as _;
use serde_json::Value;
use tempfile::TempDir;
use testkit::{NatsServer, eventually};

use crate::{
    command::{bare, events, on, run},
    scenario,
    site::Site,
};

async fn with_story() -> NatsServer {
    let nats = NatsServer::start().await;
    scenario::publish_story(&nats.connect("tests").await).await;
    nats
}

#[tokio::test]
async fn copies_are_published_to_another_subject_at_a_rate() {
    let nats = with_story().await;
    let bus = nats.connect("tests").await;
    let mut copies = bus.client().subscribe("replay.test.>").await.unwrap();
    bus.client().flush().await.unwrap();
    let args = [
        "replay",
        "--to-subject",
        "replay.test.>",
        "--rate",
        "20/s",
        "--type",
        "post",
    ];
    let dry = events(&nats, &args).await.exits(0);
    assert!(dry.stderr.contains("--yes"), "{dry:#?}");

    let begun = Instant::now();
    let really: Vec<&str> = args.iter().copied().chain(["--yes"]).collect();
    let done = events(&nats, &really).await.lines().remove(0);

    assert!(
        begun.elapsed() >= Duration::from_millis(100),
        "two pauses of 50 ms"
    );
    assert_eq!(
        (&done["replayed"], &done["last_sequence"]),
        (&3.into(), &8.into())
    );
    let copy = copies.next().await.unwrap();
    let post = scenario::post();
    assert_eq!(
        copy.subject.as_str(),
        format!("replay.test.blog.evt.post.{post}.created")
    );
    let headers = copy.headers.unwrap();
    assert_eq!(
        headers.get("ce-id").unwrap().as_str(),
        scenario::event_id(2).to_string()
    );
    assert!(headers.get("Nats-Msg-Id").is_none());
}

#[tokio::test]
async fn a_replay_resumes_at_its_position() {
    let nats = with_story().await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("state");
    let replay = async |args: &[&str]| {
        let base = [
            "replay",
            "--yes",
            "--to-subject",
            "replay.test.>",
            "--resume",
            file.to_str().unwrap(),
        ];
        let args: Vec<&str> = base.iter().chain(args).copied().collect();
        events(&nats, &args).await.lines().remove(0)
    };
    assert_eq!(replay(&["--to-seq", "5"]).await["replayed"], 5);
    assert_eq!(replay(&[]).await["replayed"], 3);
    assert_eq!(replay(&[]).await["replayed"], 0);
    let other = [
        "replay",
        "--yes",
        "--to-subject",
        "replay.other",
        "--resume",
        file.to_str().unwrap(),
    ];
    let refused = events(&nats, &other).await.exits(2);
    assert!(
        refused.stderr.contains("a replay of another subject"),
        "{refused:#?}"
    );
}

#[tokio::test]
async fn nothing_is_replayed_to_the_platform() {
    for target in ["blog.evt.>", "blog.dlq.x", "$JS.API.x", ">"] {
        let outcome = run(bare(&["replay", "--to-subject", target])).await.exits(2);
        assert!(outcome.stderr.contains("reserved"), "{outcome:#?}");
    }
    run(bare(&["replay"])).await.exits(2);
}

async fn delivered(site: &Site) -> (u64, u64) {
    let stream = site.bus.jetstream().get_stream(STREAM).await.unwrap();
    let info = stream.consumer_info("comments-posts").await.unwrap();
    (info.delivered.consumer_sequence, info.ack_floor.stream_sequence)
}

#[tokio::test]
async fn a_durable_consumer_is_reset() {
    let site = Site::start().await;
    let post = site.publish("Hello").await["id"].as_str().unwrap().to_owned();
    site.rename(&post, "Hello again").await;
    site.settled().await;
    let args = ["replay", "--consumer", "comments-posts", "--from-seq", "1"];
    let dry: Value = serde_json::from_str(&events(&site.nats, &args).await.exits(0).stdout).unwrap();
    assert_eq!(
        (&dry["acknowledged_before"], &dry["result"]),
        (&2.into(), &"would be reset".into())
    );
    let really: Vec<&str> = args.iter().copied().chain(["--yes"]).collect();

    let done = events(&site.nats, &really).await.lines().remove(0);

    assert_eq!(done["result"], "reset");
    eventually("both are delivered again", async || {
        let (delivered, acknowledged) = delivered(&site).await;
        (acknowledged == 2 && delivered >= 2).then_some(())
    })
    .await;
    // The service continues unaffected.
    site.rename(&post, "Once more").await;
    site.settled().await;
    eventually("the next one too", async || {
        (delivered(&site).await.1 == 3).then_some(())
    })
    .await;
    assert!(events(&site.nats, &["dlq", "list"]).await.ok().is_empty());
    let ahead = [
        "replay",
        "--consumer",
        "comments-posts",
        "--from-seq",
        "1",
        "--rate",
        "5/s",
    ];
    events(&site.nats, &ahead).await.exits(2);
    events(&site.nats, &["replay", "--consumer", "nobody"])
        .await
        .exits(4);
}

#[tokio::test]
async fn a_service_republishes_its_state() {
    let site = Site::start().await;
    site.publish("One").await;
    site.publish("Two").await;
    site.settled().await;
    site.nats.delete_log().await;
    assert_eq!(events(&site.nats, &["tail"]).await.ok(), "");

    let done = events(&site.nats, &["resync", "posts"]).await.lines().remove(0);

    assert_eq!((&done["service"], &done["events"]), (&"posts".into(), &2.into()));
    assert_eq!(events(&site.nats, &["tail"]).await.lines().len(), 2);
    let unavailable = events(&site.nats, &["resync", "auth"]).await.exits(3);
    assert_eq!(unavailable.stderr, "error: no auth service is running\n");
    events(&site.nats, &["resync", "query"]).await.exits(4);
}

/// A read-only account gets a permission error, not a timeout.
#[tokio::test]
async fn denied_operations_are_reported() {
    let site = Site::start().await;
    site.publish("One").await;
    site.settled().await;
    let seed = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(seed.path(), site.nats.seed("viewer").unwrap().expose()).unwrap();
    let context = TempDir::new().unwrap();
    let contexts = context.path().join("nats/context");
    std::fs::create_dir_all(&contexts).unwrap();
    let text = format!(
        r#"{{"url":"{}","nkey":"{}","inbox_prefix":"_INBOX_viewer"}}"#,
        site.nats.url(),
        seed.path().display()
    );
    std::fs::write(contexts.join("viewer.json"), text).unwrap();
    let as_viewer = async |args: &[&str]| {
        let mut command = on(&site.nats, args);
        command
            .env_remove("NATS_URL")
            .env("XDG_CONFIG_HOME", context.path())
            .env("NATS_CONTEXT", "viewer");
        run(command).await
    };
    scenario::file_dead_letters(&site.bus).await;
    let letter = events(&site.nats, &["dlq", "show", "1"]).await.lines().remove(0);
    let mut sound: Value = serde_json::from_str(letter["message"]["data"].as_str().unwrap()).unwrap();
    sound["content"]["tags"] = serde_json::json!([]);
    let (sound, updated) = (
        sound.to_string(),
        format!("blog.evt.post.{}.updated", scenario::post()),
    );
    as_viewer(&["tail"]).await.ok();
    as_viewer(&["export"]).await.ok();
    for (args, subject) in [
        (&["resync", "posts"][..], "blog.cmd.posts.resync"),
        (&["replay", "--yes", "--to-subject", "replay.x"], "replay.x"),
        (
            &[
                "dlq",
                "redrive",
                "1",
                "--as",
                "olga",
                "--yes",
                "--set",
                "ce-aggregateversion=9",
                "--data",
                &sound,
            ],
            &updated,
        ),
        (
            &[
                "replay",
                "--yes",
                "--consumer",
                "comments-posts",
                "--from-seq",
                "1",
            ],
            "$JS.API.CONSUMER.RESET.BLOG.comments-posts",
        ),
    ] {
        let refused = as_viewer(args).await.exits(3);
        assert_eq!(refused.stderr, format!("error: not permitted: {subject}\n"));
    }
}
