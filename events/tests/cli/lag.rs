use async_nats::jetstream::{consumer::pull, stream::Stream};
use common::event::topology::{COMMENTS_POSTS, ConsumerSpec, SERVICES};
use futures::TryStreamExt as _;
use runtime::{
    bus::{Batch, Bus, Checkpoint, Projection, run_projection},
    store::StoreError,
};
use serde_json::{Value, json};
use testkit::{NatsServer, eventually};
use tokio_util::sync::CancellationToken;

use crate::{
    command::{bare, events, run},
    scenario,
    site::Site,
};

/// A projection like query's, without a database.
#[derive(Default)]
pub struct Follower(Checkpoint);

impl Projection for Follower {
    fn name(&self) -> &str {
        "query"
    }

    async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        Ok(self.0.clone())
    }

    async fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.0 = batch.checkpoint;
        Ok(())
    }
}

/// Runs a projection until it has published the checkpoint at the log's head.
pub async fn project(bus: &Bus) {
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (bus, stop) = (bus.clone(), stop.clone());
        async move { run_projection(&bus, &mut Follower::default(), &stop).await }
    });
    let log = bus.jetstream().get_stream("BLOG").await.unwrap();
    let head = log.cached_info().state.last_sequence;
    let bucket = bus.jetstream().get_key_value("blog-checkpoints").await.unwrap();
    eventually("the checkpoint is published", async || {
        let note: Value = serde_json::from_slice(&bucket.get("query").await.ok()??).ok()?;
        (note["sequence"] == head).then_some(())
    })
    .await;
    stop.cancel();
    running.await.unwrap();
}

/// Every declared durable consumer.
pub fn all_consumers() -> impl Iterator<Item = &'static ConsumerSpec> {
    SERVICES.iter().flat_map(|service| service.consumers)
}

/// Creates the consumer and lets it process `done` events, or all if there are fewer.
pub async fn consume(log: &Stream, spec: &ConsumerSpec, done: usize) {
    let config = pull::Config {
        durable_name: Some(spec.name.to_owned()),
        filter_subject: spec.filter_subject.to_owned(),
        ..pull::Config::default()
    };
    let consumer = log.create_consumer(config).await.unwrap();
    let waiting = usize::try_from(consumer.cached_info().num_pending).unwrap();
    let messages = consumer
        .fetch()
        .max_messages(done.min(waiting))
        .messages()
        .await
        .unwrap();
    let taken: Vec<_> = messages.try_collect().await.unwrap();
    for message in taken {
        message.double_ack().await.unwrap();
    }
}

/// Creates every reader, up to date except that comments' replica of posts has processed `done` of the story's three
/// events of posts.
pub async fn readers(bus: &Bus, done: usize) {
    let log = bus.jetstream().get_stream("BLOG").await.unwrap();
    for spec in all_consumers() {
        let done = if spec.name == COMMENTS_POSTS.name {
            done
        } else {
            usize::MAX
        };
        consume(&log, spec, done).await;
    }
    project(bus).await;
}

async fn with_story(done: usize) -> NatsServer {
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    scenario::publish_story(&bus).await;
    readers(&bus, done).await;
    nats
}

fn of<'a>(rows: &'a [Value], name: &str) -> &'a Value {
    rows.iter().find(|row| row["name"] == name).unwrap()
}

#[tokio::test]
async fn the_services_catch_up() {
    let site = Site::start().await;
    let post = site.publish("Hello").await;
    site.comment(post["id"].as_str().unwrap(), "Nice").await;
    site.settled().await;
    let log = site.bus.jetstream().get_stream("BLOG").await.unwrap();
    for row in events(&site.nats, &["lag"]).await.lines() {
        // The reader of a service that does not run here.
        let missing = all_consumers().find(|spec| row["state"] == "missing" && row["name"] == spec.name);
        if let Some(spec) = missing {
            consume(&log, spec, usize::MAX).await;
        }
    }
    project(&site.bus).await;
    let rows = eventually("everything is processed", async || {
        let rows = events(&site.nats, &["lag"]).await.lines();
        rows.iter().all(|row| row["lag_events"] == 0).then_some(rows)
    })
    .await;
    let names: Vec<_> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    let declared = all_consumers().map(|spec| spec.name).chain(["query"]);
    assert_eq!(names, declared.collect::<Vec<_>>());
    let states: Vec<_> = rows.iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert!(states.iter().all(|state| *state == "ok"), "{states:?}");
    let outcome = events(&site.nats, &["lag", "--check", "warn=0,crit=100"]).await;
    outcome.exits(0);
}

#[tokio::test]
async fn behind_in_events_and_seconds() {
    let nats = with_story(1).await;
    let rows = events(&nats, &["lag"]).await.lines();
    let posts = of(&rows, "comments-posts");
    assert_eq!(
        (&posts["sequence"], &posts["lag_events"]),
        (&json!(2), &json!(2)),
        "{posts}"
    );
    assert!(posts["lag_seconds"].as_f64().unwrap() > 0.0, "{posts}");
    assert_eq!(of(&rows, "comments-users")["lag_events"], 0, "nobody left");
    assert_eq!(of(&rows, "query")["lag_events"], 0);

    // Reading changed nothing.
    assert_eq!(
        of(&events(&nats, &["lag"]).await.lines(), "comments-posts")["lag_events"],
        2
    );
}

#[tokio::test]
async fn checks_have_the_exit_codes_of_monitoring_plugins() {
    let nats = with_story(1).await;
    for (limits, code) in [
        ("warn=2,crit=10", 0),
        ("warn=1,crit=10", 1),
        ("warn=0,crit=1", 2),
        ("warn=1d,crit=2d", 0),
        ("warn=0s,crit=2d", 1),
        ("crit=0s", 2),
    ] {
        let outcome = events(&nats, &["lag", "--check", limits, "--format", "nagios"])
            .await
            .exits(code);
        let said = ["LAG OK - ", "LAG WARNING - ", "LAG CRITICAL - "][code as usize];
        assert!(outcome.stdout.starts_with(said), "{limits}: {}", outcome.stdout);
        assert_eq!(outcome.stdout.lines().count(), 1);
        assert!(
            outcome.stdout.contains("'comments-posts events'=2;"),
            "{}",
            outcome.stdout
        );
    }
    let wrong = events(&nats, &["lag", "--check", "warn=much"]).await;
    wrong.exits(2);
}

#[tokio::test]
async fn a_missing_consumer_is_critical_and_a_missing_checkpoint_unknown() {
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    let missing = events(&nats, &["lag", "--check", "warn=1", "--format", "nagios"]).await;
    assert!(missing.exits(2).stdout.contains("posts-users is missing"));

    let log = bus.jetstream().get_stream("BLOG").await.unwrap();
    for spec in all_consumers() {
        consume(&log, spec, 0).await;
    }
    let untold = events(&nats, &["lag", "--check", "warn=1", "--format", "nagios"]).await;
    let said = "LAG UNKNOWN - query has no checkpoint |";
    assert!(untold.exits(3).stdout.starts_with(said));

    let mut nowhere = bare(&["lag", "--check", "warn=1", "--format", "nagios"]);
    nowhere.env("NATS_URL", "nats://127.0.0.1:1");
    let outcome = run(nowhere).await.exits(3);
    assert!(
        outcome.stdout.starts_with("LAG UNKNOWN - no connection"),
        "{outcome:?}"
    );
    let empty = NatsServer::start_empty().await;
    events(&empty, &["lag", "--check", "warn=1"]).await.exits(3);
    events(&empty, &["lag"]).await.exits(4);
}

#[tokio::test]
async fn a_checkpoint_of_a_log_that_was_replaced() {
    let nats = with_story(3).await;
    nats.delete_log().await;
    scenario::publish_story(&nats.connect("tests").await).await;
    let rows = events(&nats, &["lag", "--reader", "query"]).await.lines();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["state"], &rows[0]["lag_events"]),
        (&json!("other_log"), &json!(8))
    );
}

#[tokio::test]
async fn formats() {
    let nats = with_story(1).await;
    let text = events(&nats, &["lag", "--format", "prometheus"]).await.ok();
    let line = r#"inkstream_reader_lag_events{reader="comments-posts",kind="consumer",service="comments"} 2"#;
    assert!(text.lines().any(|found| found == line), "{text}");
    assert_eq!(text.matches("# TYPE ").count(), 4);
    let json = events(&nats, &["lag", "--format", "json"]).await.ok();
    let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(rows.len(), all_consumers().count() + 1, "and the projection");
    let table = events(&nats, &["lag", "--format", "table", "--check", "warn=100"])
        .await
        .ok();
    assert!(
        table.starts_with("READER") && !table.contains('\u{1b}'),
        "{table}"
    );
    events(&nats, &["lag", "--reader", "nobody"]).await.exits(4);
}
