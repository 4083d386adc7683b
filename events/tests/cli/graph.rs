use std::path::Path;

use async_nats::jetstream::consumer::pull;
use testkit::NatsServer;

use crate::{
    command::{bare, events, run},
    site::Site,
};

async fn graph(format: &str) -> String {
    run(bare(&["graph", "--format", format])).await.ok()
}

#[tokio::test]
async fn the_declared_graph_needs_no_server() {
    let text = graph("text").await;
    assert!(
        text.contains("posts\n  publishes post: created, updated"),
        "{text}"
    );
    assert!(
        text.contains("    -> comments (comments-users): deleted\n"),
        "{text}"
    );
    let mermaid = graph("mermaid").await;
    assert!(mermaid.starts_with("flowchart LR\n"), "{mermaid}");
    assert!(
        mermaid.contains("evt_user -->|\"deleted\"| rdr_posts_users"),
        "{mermaid}"
    );
    let dot = graph("dot").await;
    assert!(
        dot.contains("\"event user\" -> \"reader posts-users\" [label=\"deleted\"];"),
        "{dot}"
    );
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    let document = run(bare(&["graph"])).await.lines().remove(0);
    assert_eq!(document["aggregates"][0]["publisher"], "auth");
    assert_eq!(document["readers"][0]["consumes"][0]["facts"][0], "deleted");
}

#[tokio::test]
async fn the_servers_readers_are_compared_with_the_declaration() {
    let site = Site::start().await;
    site.publish("Hello").await;
    site.settled().await;
    let stream = site.bus.jetstream().get_stream("BLOG").await.unwrap();
    let stray = pull::Config {
        durable_name: Some("stray".to_owned()),
        filter_subject: "blog.evt.reaction.>".to_owned(),
        ..pull::Config::default()
    };
    stream.create_consumer(stray).await.unwrap();

    let text = events(&site.nats, &["graph", "--live", "--format", "text"])
        .await
        .ok();

    // query does not run.
    assert!(text.contains("-> query (projection): all  !! missing"), "{text}");
    assert!(
        text.contains("-> stray (consumer): all  !! not declared"),
        "{text}"
    );
    assert!(text.contains("-> comments (comments-posts): all\n"), "{text}");
    let mermaid = events(&site.nats, &["graph", "--live", "--format", "mermaid"])
        .await
        .ok();
    assert!(mermaid.contains("evt_user -.-> rdr_query"), "{mermaid}");
    assert!(mermaid.contains("class rdr_stray wrong"), "{mermaid}");
    let picture = events(&site.nats, &["graph", "--live", "--format", "svg"])
        .await
        .ok();
    assert!(
        picture.contains("not declared") && picture.contains("stray"),
        "{picture}"
    );
}

#[tokio::test]
async fn a_live_graph_of_a_server_without_the_log() {
    let nats = NatsServer::start_empty().await;
    events(&nats, &["graph", "--live"]).await.exits(4);
}

const PAGE: &str = "# The flow of events

<!-- ConsistencyHeaders by `UPDATE_DOCS=1 cargo test -p events --test cli graph`, from what the services declare. -->

Who publishes what, and who reads it. An arrow without words carries everything of that aggregate. Publishers write
through their outbox to the one stream `BLOG`; the readers are durable consumers, but for the projection of `query`, which
reads all of the log in order ([architecture](architecture.md), [every event](events.md)). `events graph` draws this;
`events graph --live` compares it with a running server.
";

/// The graphs in the documentation are the output of the command.
#[tokio::test]
async fn the_graphs_in_the_documentation_are_current() {
    let mermaid = graph("mermaid").await;
    let text = graph("text").await;
    let page = format!(
        "{PAGE}\n```mermaid\n{mermaid}```\n\nFact by fact, as a [picture](event-flow.svg) and in words:\n\n```text\n{text}```\n"
    );
    for (name, expected) in [("event-flow.md", page), ("event-flow.svg", graph("svg").await)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, expected, "{name}: run this test with UPDATE_DOCS=1");
    }
}
