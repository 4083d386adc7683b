//! Formats, broken events, closed pipes.

use serde_json::Value;
use testkit::NatsServer;

use crate::{
    command::{bare, events, on, run},
    scenario,
};

async fn with_story() -> NatsServer {
    let nats = NatsServer::start().await;
    scenario::publish_story(&nats.connect("tests").await).await;
    nats
}

#[tokio::test]
async fn formats() {
    let nats = with_story().await;
    let json = events(&nats, &["tail", "-o", "json"]).await.ok();
    let array: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(array.as_array().unwrap().len(), 8);
    let none = events(&nats, &["tail", "-n", "0", "-o", "json"]).await.ok();
    assert_eq!(none, "[]\n");
    let template = [
        "tail",
        "--type",
        "post",
        "--template",
        "{{ sequence }} {{ data.content.title }}|",
    ];
    let text = events(&nats, &template).await.ok();
    assert_eq!(text, "2 |\n3 Hello, events|\n8 Hello, whole world|\n");
    let raw = events(&nats, &["tail", "-o", "raw", "--from-seq", "8"])
        .await
        .ok();
    let body: Value = serde_json::from_str(&raw).unwrap();
    assert_eq!(body["slug"], "hello-whole-world");
    let table = events(&nats, &["tail", "-o", "table", "--utc"]).await.ok();
    let third = table.lines().nth(2).unwrap();
    assert!(
        third.contains("2026-01-01 12:00:02.125Z  post.published.v1"),
        "{table}"
    );
}

#[tokio::test]
async fn a_message_that_is_not_an_event_is_marked_and_does_not_end_the_output() {
    let nats = with_story().await;
    let bus = nats.connect("tests").await;
    let garbage: Vec<u8> = (0..1_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let id = scenario::uuid(9, 9).to_string();
    let typed = |name| {
        [
            ("ce-type", name),
            ("ce-id", &*id),
            ("ce-source", "/x"),
            ("ce-subject", "x"),
        ]
    };
    scenario::publish_raw(&bus, "blog.evt.post.x.published", &[], b"\x1b[2Jno json").await;
    scenario::publish_raw(
        &bus,
        "blog.evt.post.x.published",
        &typed("blog.post.published.v1"),
        b"{}",
    )
    .await;
    scenario::publish_raw(&bus, "blog.evt.post", &[], &garbage).await;
    let complete = [
        ("ce-time", "2026-01-01T00:00:00Z"),
        ("ce-aggregateversion", "1"),
        ("ce-actor", "user:%ff"),
    ];
    let unknown = [&typed("blog.invoice.paid.v1")[..], &complete[..2]].concat();
    scenario::publish_raw(
        &bus,
        "blog.evt.invoice.x.paid",
        &unknown,
        b"{\n \"sum\": 12.50\n}",
    )
    .await;
    let odd = [&typed("blog.post.published.v1")[..], &complete].concat();
    scenario::publish_raw(&bus, "blog.evt.post.x.published", &odd, b"{}").await;
    let shown = events(&nats, &["tail", "--from-seq", "9"]).await.lines();
    let problem = |index: usize| shown[index]["problem"].as_str().unwrap();
    assert_eq!(problem(0), "broken: header `ce-type` is missing");
    assert_eq!(shown[0]["data"], Value::Null);
    assert_eq!(shown[0]["data_base64"], "G1sySm5vIGpzb24=");
    assert_eq!(problem(1), "broken: header `ce-aggregateversion` is missing");
    assert_eq!(shown[2]["subject"], "blog.evt.post");
    assert_eq!(problem(3), "unknown type");
    assert_eq!(shown[3]["data"]["sum"], 12.5);
    assert!(
        problem(4).starts_with("broken: header `ce-actor`"),
        "{}",
        problem(4)
    );
    let table = events(&nats, &["tail", "-o", "table", "--color", "never"])
        .await
        .ok();
    assert!(
        !table.contains('\x1b') && table.contains("\\u{1b}[2Jno json"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 13);
    let full = events(&nats, &["tail", "--full", "-o", "table", "--color", "always"])
        .await
        .ok();
    assert!(!full.contains("\x1b[2J"));
    let broken = events(
        &nats,
        &["tail", "--where", ".problem // \"\" | startswith(\"broken\")"],
    )
    .await
    .lines();
    assert_eq!(broken.len(), 4);
}

#[tokio::test]
async fn a_closed_pipe_ends_the_command_silently() {
    let nats = with_story().await;
    let mut command = on(&nats, &["tail", "-f"]);
    let bus = nats.connect("tests").await;
    let ended = tokio::task::spawn_blocking(move || {
        let mut child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait_with_output().unwrap()
    });
    while !ended.is_finished() {
        scenario::publish_raw(&bus, "blog.evt.post.x.published", &[], b"{}").await;
    }
    let ended = ended.await.unwrap();
    assert_eq!(
        (ended.status.code(), ended.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

#[tokio::test]
async fn help_of_every_verb() {
    let help = run(bare(&["--help"])).await.ok();
    assert!(help.contains("Exit codes:"), "{help}");
    for verb in [
        "types",
        "describe",
        "schema",
        "tail",
        "show",
        "trace",
        "history",
        "completions",
        "man",
    ] {
        let help = run(bare(&[verb, "--help"])).await.ok();
        assert!(help.contains("Usage: events "), "{verb}: {help}");
    }
    run(bare(&["nonsense"])).await.exits(2);
}
