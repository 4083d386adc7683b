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
async fn counts_sizes_and_steps_by_type() {
    let nats = with_story().await;
    let report = events(&nats, &["stats", "--bucket", "1m"])
        .await
        .lines()
        .remove(0);
    assert_eq!(report["total"]["events"], 8);
    assert_eq!(report["groups"][0]["key"], "user.registered.v1");
    assert_eq!(report["groups"][0]["events"], 2);
    let counts: u64 = report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(report["total"]["bytes"], counts);
    assert_eq!(report["bucket_seconds"], 60);
    let buckets: Vec<_> = report["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| &bucket["events"])
        .collect();
    assert_eq!(json!(buckets), json!([3, 5]));
    assert_eq!(report["buckets"][0]["by"]["user.registered.v1"], 1);
}

#[tokio::test]
async fn a_selection_by_aggregate_and_service() {
    let nats = with_story().await;
    for (args, expected) in [
        (
            &["--by", "aggregate"][..],
            json!([["post", 3], ["comment", 2], ["user", 2], ["reaction", 1]]),
        ),
        (
            &["--by", "service"],
            json!([["posts", 4], ["auth", 2], ["comments", 2]]),
        ),
        (&["--by", "service", "--type", "post"], json!([["posts", 3]])),
        (&["--until", "1h"], json!([])),
    ] {
        let args: Vec<&str> = ["stats"].iter().chain(args).copied().collect();
        let report = events(&nats, &args).await.lines().remove(0);
        let groups: Vec<_> = report["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| json!([group["key"], group["events"]]))
            .collect();
        assert_eq!(json!(groups), expected, "{args:?}");
    }
}

#[tokio::test]
async fn a_table_and_a_plot_of_the_services_own_events() {
    let site = Site::start().await;
    let post = site.publish("Hello").await;
    site.rename(post["id"].as_str().unwrap(), "Hello again").await;
    site.settled().await;
    let text = events(&site.nats, &["stats", "-o", "table"]).await.ok();
    assert!(
        text.contains("post.published.v1") && text.contains("total"),
        "{text}"
    );
    assert!(
        text.contains("events in each 1.0 s") && text.contains('█'),
        "{text}"
    );
}

#[tokio::test]
async fn an_empty_log_and_wrong_widths() {
    let nats = NatsServer::start().await;
    let report = events(&nats, &["stats"]).await.lines().remove(0);
    assert_eq!(
        (&report["total"]["events"], &report["buckets"]),
        (&json!(0), &json!([]))
    );
    for width in ["0s", "much", "-1h"] {
        run(on(&nats, &["stats", "--bucket", width])).await.exits(2);
    }
}
