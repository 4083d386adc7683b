//! `tail -f` across failures of the server.

use runtime::bus::Bus;
use serde_json::Value;
use testkit::NatsServer;

use crate::{
    command::{Live, on},
    scenario,
};

/// Publishes a small event of the aggregate `number`.
async fn publish(bus: &Bus, number: u64) {
    let number = number.to_string();
    let headers = [
        ("ce-type", "blog.test.counted.v1"),
        ("ce-subject", "x"),
        ("ce-aggregateversion", &number),
    ];
    let subject = format!("blog.evt.test.{number}.counted");
    testkit::eventually_ok("the event is stored", async || {
        let mut map = async_nats::HeaderMap::new();
        headers.iter().for_each(|(name, value)| map.insert(*name, *value));
        // Stored once, however often it is sent.
        map.insert("Nats-Msg-Id", number.as_str());
        let sent = bus
            .jetstream()
            .publish_with_headers(subject.clone(), map, "{}".into())
            .await;
        sent.map_err(|error| error.to_string())?
            .await
            .map_err(|error| error.to_string())
    })
    .await;
}

fn version(event: &Value) -> u64 {
    event["version"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_of_the_server_nothing_is_skipped_or_repeated() {
    let mut nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    let mut tail = Live::start(on(&nats, &["tail", "-f", "--type", "test"]));
    let (mut next, mut seen) = (1, 0);
    for _ in 0..4 {
        for _ in 0..50 {
            publish(&bus, next).await;
            next += 1;
        }
        // In the middle: some are shown, others not yet.
        while seen < next - 30 {
            seen += 1;
            assert_eq!(version(&tail.json()), seen);
        }
        nats.restart().await;
        scenario::publish_story(&nats.connect("tests").await).await;
    }
    publish(&bus, next).await;
    while seen < next {
        seen += 1;
        assert_eq!(version(&tail.json()), seen);
    }
    let stderr = tail.stop();
    assert!(!stderr.contains("recreated"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_server_is_waited_for() {
    let mut nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    publish(&bus, 1).await;
    let mut tail = Live::start(on(&nats, &["tail", "-f"]));
    assert_eq!(version(&tail.json()), 1);
    nats.stop();
    assert_eq!(tail.line_within(std::time::Duration::from_secs(1)), None);
    nats.restart().await;
    publish(&bus, 2).await;
    assert_eq!(version(&tail.json()), 2);
    let stderr = tail.stop();
    assert_eq!(stderr.matches("waiting").count(), 1, "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recreated_log_is_read_from_its_beginning_with_a_warning() {
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    for number in 1..=3 {
        publish(&bus, number).await;
    }
    let mut tail = Live::start(on(&nats, &["tail", "-f"]));
    for number in 1..=3 {
        assert_eq!(version(&tail.json()), number);
    }
    nats.delete_log().await;
    // More than the old log had, so that continuing at the old sequence would be detected.
    for number in 11..=15 {
        publish(&bus, number).await;
        assert_eq!(version(&tail.json()), number);
    }
    let stderr = tail.stop();
    assert!(
        stderr.contains("the stream BLOG was recreated; continuing from its beginning"),
        "{stderr}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_new_events_follow_the_last_ones() {
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    for number in 1..=5 {
        publish(&bus, number).await;
    }
    let mut tail = Live::start(on(&nats, &["tail", "-f", "-n", "2", "--where", ".version != 6"]));
    assert_eq!((version(&tail.json()), version(&tail.json())), (4, 5));
    publish(&bus, 6).await;
    publish(&bus, 7).await;
    assert_eq!(version(&tail.json()), 7);
    // Ctrl-C.
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &tail.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    assert_eq!(tail.wait(), 130);
}

#[tokio::test(flavor = "multi_thread")]
async fn durable_consumers_are_unaffected_and_none_remains() {
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    publish(&bus, 1).await;
    let durable = async_nats::jetstream::consumer::pull::Config {
        durable_name: Some("somebody".to_owned()),
        ..Default::default()
    };
    let jetstream = bus.jetstream();
    jetstream
        .create_consumer_on_stream(durable, "BLOG")
        .await
        .unwrap();
    crate::command::events(&nats, &["tail"]).await.lines();
    crate::command::events(&nats, &["tail", "-n", "1", "--where", "true"])
        .await
        .lines();
    let stream = jetstream.get_stream("BLOG").await.unwrap();
    let info = stream.consumer_info("somebody").await.unwrap();
    assert_eq!((info.num_pending, info.delivered.consumer_sequence), (1, 0));
    assert_eq!(
        stream.get_info().await.unwrap().state.consumer_count,
        1,
        "a consumer was left behind"
    );
}
