//! show, trace, history, describe, schema: on events of the services and of the scenario.

use testkit::NatsServer;

use crate::{
    command::{bare, events, run},
    scenario,
    site::Site,
};

async fn with_story() -> NatsServer {
    let nats = NatsServer::start().await;
    scenario::publish_story(&nats.connect("tests").await).await;
    nats
}

#[tokio::test]
async fn show_by_id_and_by_sequence() {
    let nats = with_story().await;
    let id = scenario::event_id(3).to_string();
    let found = events(&nats, &["show", &id, "5"]).await.lines();
    assert_eq!(
        (&found[0]["sequence"], &found[1]["sequence"]),
        (&3.into(), &5.into())
    );
    assert_eq!(found[0]["id"], id);
    let outcome = events(&nats, &["show", "3", "99"]).await.exits(4);
    assert_eq!(outcome.stderr, "error: the log has no event 99\n");
    assert_eq!(outcome.stdout.lines().count(), 1);
    let unknown = scenario::event_id(77).to_string();
    events(&nats, &["show", &unknown]).await.exits(4);
    let full = events(&nats, &["show", "6", "-o", "table", "--utc"]).await.ok();
    assert!(
        full.contains("caused by") && full.contains("\"body\": \"Nice!\""),
        "{full}"
    );
    assert!(!full.contains('\x1b'), "{full:?}");
    let coloured = events(&nats, &["show", "6", "-o", "table", "--color", "always"])
        .await
        .ok();
    assert!(coloured.contains('\x1b'), "{coloured:?}");
    let raw = events(&nats, &["show", "6", "-o", "raw"]).await.ok();
    assert!(raw.starts_with("{\"id\":"), "{raw}");
}

#[tokio::test]
async fn trace_across_services() {
    let nats = with_story().await;
    let comment = scenario::event_id(5).to_string();
    for asked in [
        comment.as_str(),
        &scenario::event_id(6).to_string(),
        "6",
        "comment",
    ] {
        let roots = events(&nats, &["trace", asked]).await.lines().remove(0);
        assert_eq!(roots[0]["id"], comment, "{asked}");
        assert_eq!(roots[0]["effects"][0]["type"], "blog.comment.approved.v1");
        assert_eq!(roots.as_array().unwrap().len(), 1);
    }
    let tree = events(&nats, &["trace", "6", "-o", "table"]).await.ok();
    assert!(tree.contains("2 events in 1 service"), "{tree}");
    assert!(tree.lines().nth(2).unwrap().starts_with("   └─"), "{tree}");
    events(&nats, &["trace", "nothing"]).await.exits(4);
}

#[tokio::test]
async fn trace_of_a_request_to_a_service() {
    let site = Site::start().await;
    site.publish("Hello").await;
    site.settled().await;
    let event = events(&site.nats, &["show", "1"]).await.lines().remove(0);
    let correlation = event["correlation_id"].as_str().unwrap();
    let roots = events(&site.nats, &["trace", correlation])
        .await
        .lines()
        .remove(0);
    assert_eq!(roots[0]["id"], event["id"]);
}

#[tokio::test]
async fn history_of_a_post_of_a_service() {
    let site = Site::start().await;
    let post = site.publish("First").await;
    let id = post["id"].as_str().unwrap();
    site.rename(id, "Second").await;
    site.settled().await;
    let versions = events(&site.nats, &["history", &format!("post:{id}")])
        .await
        .lines();
    assert_eq!(versions.len(), 2);
    assert_eq!(
        versions[0]["changes"].as_array().unwrap()[0]["before"],
        serde_json::Value::Null
    );
    let changes = versions[1]["changes"].as_array().unwrap();
    let title = changes
        .iter()
        .find(|change| change["path"] == "content.title")
        .unwrap();
    assert_eq!(
        (&title["before"], &title["after"]),
        (&"First".into(), &"Second".into())
    );
    assert!(
        !changes.iter().any(|change| change["path"] == "content.body"),
        "{changes:?}"
    );
}

#[tokio::test]
async fn history_marks_gaps_and_late_versions() {
    let nats = with_story().await;
    let bus = nats.connect("tests").await;
    let id = scenario::post().to_string();
    for version in ["7", "2"] {
        let headers = [
            ("ce-type", "blog.post.updated.v1"),
            ("ce-aggregateversion", version),
        ];
        scenario::publish_raw(&bus, &format!("blog.evt.post.{id}.updated"), &headers, b"{}").await;
    }
    let versions = events(&nats, &["history", &id]).await.lines();
    assert_eq!(versions[2].get("oddity"), None);
    assert_eq!(versions[3]["oddity"], "versions 4 to 6 are not in the log");
    assert_eq!(
        versions[4]["oddity"],
        "not newer than an earlier event: consumers ignore it"
    );
    let outcome = events(&nats, &["history", "post:none"]).await.exits(4);
    assert_eq!(outcome.stderr, "error: the log has no event of post:none\n");
}

#[tokio::test]
async fn describe_with_consumers_and_an_example() {
    let site = Site::start().await;
    site.publish("Hello").await;
    site.settled().await;
    let described = events(&site.nats, &["describe", "post.published"])
        .await
        .lines()
        .remove(0);
    assert_eq!(described["producer"], "posts");
    assert!(
        described["consumers"]
            .as_array()
            .unwrap()
            .contains(&"comments-posts".into()),
        "{described}"
    );
    assert_eq!(described["example"]["content"]["title"], "Hello");
    let fields = described["fields"].as_array().unwrap();
    let title = fields
        .iter()
        .find(|field| field["path"] == "content.title")
        .unwrap();
    assert_eq!(
        (&title["kind"], &title["description"]),
        (&"string".into(), &"1 to 200 characters.".into())
    );
    let status = fields.iter().find(|field| field["path"] == "status").unwrap();
    assert!(
        status["kind"].as_str().unwrap().starts_with("draft | published"),
        "{status}"
    );
}

#[tokio::test]
async fn describe_and_schema_without_a_server() {
    let described = run(bare(&["describe", "--offline", "blog.comment.created.v1"]))
        .await
        .lines()
        .remove(0);
    assert_eq!(described["consumers"], serde_json::Value::Null);
    let schema = run(bare(&["schema", "comment.created"])).await.lines().remove(0);
    assert_eq!(schema["$id"], "urn:inkstream:schema:blog.comment.created.v1");
    assert_eq!(schema["properties"]["body"]["type"][0], "string");
    let outcome = run(bare(&["schema", "comment"])).await.exits(4);
    assert!(outcome.stderr.contains("blog.comment.edited.v1"), "{outcome:?}");
}

#[tokio::test]
async fn completions_and_manual_pages() {
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef events"),
        ("fish", "complete -c events"),
    ] {
        let script = run(bare(&["completions", shell])).await.ok();
        assert!(script.contains(mark) && script.contains("history"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    run(bare(&["man", folder.path().to_str().unwrap()])).await.ok();
    let page = std::fs::read_to_string(folder.path().join("events-tail.1")).unwrap();
    assert!(page.contains("Show events in the order of the log"), "{page}");
}
