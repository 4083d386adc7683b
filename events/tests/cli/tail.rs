use serde_json::json;
use testkit::NatsServer;

use crate::{
    command::{events, on, run},
    scenario,
    site::Site,
};

async fn with_story() -> NatsServer {
    let nats = NatsServer::start().await;
    scenario::publish_story(&nats.connect("tests").await).await;
    nats
}

#[tokio::test]
async fn a_pipe_gets_one_event_as_json_per_line() {
    let nats = with_story().await;
    let events = events(&nats, &["tail"]).await.lines();
    assert_eq!(events.len(), 8);
    let comment = &events[5];
    assert_eq!(comment["sequence"], 6);
    assert_eq!(comment["type"], "blog.comment.approved.v1");
    assert_eq!(comment["aggregate"], "comment");
    assert_eq!(comment["aggregate_id"], scenario::comment().to_string());
    assert_eq!(comment["version"], 2);
    assert_eq!(comment["source"], "/inkstream/comments");
    assert_eq!(comment["actor"], "service:moderation");
    assert_eq!(comment["causation_id"], scenario::event_id(5).to_string());
    assert_eq!(comment["data"]["approved"]["body"], "Nice!");
    assert_eq!(comment["time"], scenario::moment(6).to_string());
    assert_eq!(comment.get("problem"), None);
}

#[tokio::test]
async fn the_services_own_events_are_shown() {
    let site = Site::start().await;
    let post = site.publish("Hello").await;
    site.comment(post["id"].as_str().unwrap(), "Nice").await;
    site.settled().await;
    let events = events(&site.nats, &["tail"]).await.lines();
    let types: Vec<_> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(types[0], "blog.post.published.v1");
    assert!(types.contains(&"blog.comment.created.v1"), "{types:?}");
    assert!(events.iter().all(|event| event.get("problem").is_none()));
}

#[tokio::test]
async fn selections() {
    let nats = with_story().await;
    let (bob, post) = (scenario::bob().to_string(), scenario::post().to_string());
    let of_post = format!("post:{post}");
    for (args, expected) in [
        (&["--type", "post.published"][..], json!([3])),
        (&["--type", "blog.post.published.v1"], json!([3])),
        (&["--type", "blog.post.published.v2"], json!([])),
        (
            &["--type", "post", "--type", "user.registered"],
            json!([1, 2, 3, 4, 8]),
        ),
        (&["--aggregate", &of_post], json!([2, 3, 8])),
        (&["--aggregate", &post, "--type", "post.updated"], json!([8])),
        (&["--subject", "blog.evt.comment.>"], json!([5, 6])),
        (&["--actor", &bob], json!([4, 5, 7])),
        (&["--header", "ce-correlationid=comment"], json!([5, 6])),
        (&["--from-seq", "7"], json!([7, 8])),
        (&["--from-seq", "2", "--to-seq", "3"], json!([2, 3])),
        (&["-n", "2"], json!([7, 8])),
        (&["-n", "1", "--type", "comment"], json!([6])),
        (&["-n", "0"], json!([])),
        (
            &["--since", "1h", "--until", "2100-01-01"],
            json!([1, 2, 3, 4, 5, 6, 7, 8]),
        ),
        (&["--since", "1h", "-n", "1"], json!([8])),
        (&["--until", "1h"], json!([])),
        (&["--since", "2100-01-01"], json!([])),
        (
            &["--where", ".version > 1 and .aggregate == \"post\""],
            json!([3, 8]),
        ),
        (
            &["--where", ".data.content.tags // [] | index(\"rust\")"],
            json!([3, 8]),
        ),
    ] {
        let args: Vec<&str> = ["tail"].iter().chain(args).copied().collect();
        let found: Vec<_> = events(&nats, &args).await.lines();
        let found: Vec<_> = found.iter().map(|event| &event["sequence"]).collect();
        assert_eq!(json!(found), expected, "{args:?}");
    }
}

#[tokio::test]
async fn invalid_options_are_reported_before_connecting() {
    let nowhere = |args: &[&str]| {
        let mut command = crate::command::bare(args);
        command.env("NATS_URL", "nats://127.0.0.1:1");
        run(command)
    };
    for args in [
        &["tail", "--where", "("][..],
        &["tail", "--where", "nonsense"],
        &["tail", "--type", "a.b.c.d"],
        &["tail", "--header", "novalue"],
        &["tail", "--since", "yesterday"],
        &["tail", "-o", "template"],
        &["tail", "--template", "{{"],
    ] {
        let outcome = nowhere(args).await.exits(2);
        assert!(
            outcome.stdout.is_empty() && outcome.stderr.starts_with("error:"),
            "{outcome:#?}"
        );
    }
    let outcome = nowhere(&["tail"]).await.exits(3);
    assert!(
        outcome.stderr.contains("no connection to nats://127.0.0.1:1"),
        "{outcome:#?}"
    );
}

#[tokio::test]
async fn a_server_without_the_log() {
    let nats = NatsServer::start_empty().await;
    let outcome = run(on(&nats, &["tail"])).await.exits(4);
    assert_eq!(outcome.stderr, "error: the server has no stream BLOG\n");
}
