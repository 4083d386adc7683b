//! A message that ends the process which handles it: a real process, which aborts.

use std::{process::Stdio, sync::Arc};

use async_nats::jetstream::{
    AckKind,
    consumer::{AckPolicy, PullConsumer, pull},
};
use common::event::{Received, STREAM, topology::ConsumerSpec};
use futures::StreamExt as _;
use runtime::{
    bus::{Bus, BusSettings, HandlerError, Reactor, dead_letter_header},
    config::Secret,
};
use testkit::{TIMEOUT, eventually};
use tokio_util::sync::CancellationToken;

use crate::{
    child,
    consumer::{Consumer, FOLLOWS, dead_letters, header, transient},
    fixture::Fixture,
};

const BUS: &str = "INKSTREAM_TEST_BUS";
const FATAL_ID: &str = "INKSTREAM_TEST_FATAL_ID";

#[tokio::test]
#[ignore = "runs in a process of its own, which another test starts"]
async fn a_process_that_aborts() {
    let (Ok(url), Ok(fatal)) = (std::env::var(BUS), std::env::var(FATAL_ID)) else {
        return;
    };
    let settings = BusSettings {
        urls: vec![Secret::from(url.as_str())],
        ..BusSettings::default()
    };
    let bus = Bus::connect(&settings, "auth").await.unwrap();
    let handler = move |event: Arc<Received>| {
        if event.aggregate_id == fatal {
            std::process::abort();
        }
        async { Ok::<(), HandlerError>(()) }
    };
    Reactor::new(bus, FOLLOWS, handler)
        .run(CancellationToken::new())
        .await;
}

/// Has the server deliver the first `events` events of the log `times` times, each answered with NAK, as processes do
/// during an outage.
async fn deliver_in_vain(fixture: &Fixture, events: usize, times: usize) {
    let config = pull::Config {
        durable_name: Some(FOLLOWS.name.to_owned()),
        filter_subject: FOLLOWS.filter_subject.to_owned(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ConsumerSpec::ACK_WAIT,
        ..pull::Config::default()
    };
    let jetstream = fixture.bus.jetstream();
    let consumer: PullConsumer = jetstream.create_consumer_on_stream(config, STREAM).await.unwrap();
    for _ in 0..times {
        let mut messages = consumer.batch().max_messages(events).messages().await.unwrap();
        for _ in 0..events {
            let message = messages.next().await.unwrap().unwrap();
            message.ack_with(AckKind::Nak(None)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_message_that_ends_the_process_becomes_a_dead_letter() {
    let fixture = Fixture::start().await;
    let (_harmless, fatal) = (fixture.create().await, fixture.create().await);
    fixture.outbox_is_empty().await;
    deliver_in_vain(&fixture, 2, 10).await;
    let start = || {
        let mut command = child::command("process_end::a_process_that_aborts");
        command.env(BUS, fixture.nats.url()).env(FATAL_ID, &fatal.id);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };

    // The second gets the message when the server has waited for the first one's acknowledgement.
    for _ in 0..2 {
        let status = tokio::time::timeout(TIMEOUT, start().wait()).await;
        assert!(!status.expect("it does not abort").unwrap().success());
    }
    let mut third = start();
    let letters = dead_letters(&fixture, 1).await;

    assert_eq!(
        header(&letters[0], dead_letter_header::REASON),
        "the process ended 2 times while it handled this event"
    );
    assert_eq!(
        header(&letters[0], dead_letter_header::SUBJECT),
        format!("blog.evt.follow.{}.followed", fatal.id)
    );
    eventually("both are settled", async || {
        let log = fixture.bus.jetstream().get_stream(STREAM).await.ok()?;
        let info = log.consumer_info(FOLLOWS.name).await.ok()?;
        (info.num_ack_pending == 0 && info.num_pending == 0).then_some(())
    })
    .await;
    assert!(third.try_wait().unwrap().is_none(), "the third goes on");
    third.kill().await.unwrap();
    fixture.finish().await;
}

#[tokio::test]
async fn many_deliveries_during_an_outage_are_no_reason_for_a_dead_letter() {
    let fixture = Fixture::start().await;
    for _ in 0..3 {
        fixture.create().await;
    }
    fixture.outbox_is_empty().await;
    // Earlier processes retried them, and what they counted has ended with them.
    deliver_in_vain(&fixture, 3, 15).await;

    let consumer = Consumer::start(
        &fixture,
        |calls, _| if calls < 4 { Err(transient()) } else { Ok(()) },
    );

    consumer.is_done(3).await;
    dead_letters(&fixture, 0).await;
    consumer.stop().await;
    fixture.finish().await;
}
