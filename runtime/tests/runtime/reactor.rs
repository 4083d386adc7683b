//! Reactors: events are acknowledged after they are handled, retried when the handler fails, and never block others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use common::event::{Received, STREAM, topology::ConsumerSpec};
use runtime::bus::{HandlerError, Reactor, dead_letter_header};
use testkit::eventually;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    consumer::{Consumer, FOLLOWS, dead_letters, header, permanent, transient},
    fixture::Fixture,
};

#[tokio::test]
async fn a_failed_event_is_retried() {
    let fixture = Fixture::start().await;
    let consumer = Consumer::start(
        &fixture,
        |calls, _| if calls < 2 { Err(permanent()) } else { Ok(()) },
    );
    fixture.create().await;

    consumer.is_done(1).await;

    assert_eq!(consumer.calls(), 3);
    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn an_event_that_keeps_failing_becomes_a_dead_letter_and_the_next_is_handled() {
    let fixture = Fixture::start().await;
    // A transient failure in between is not counted.
    let consumer = Consumer::start(&fixture, |calls, _| match calls {
        2 => Err(transient()),
        0..6 => Err(permanent()),
        _ => Ok(()),
    });
    let stored = fixture.create().await;

    let letters = dead_letters(&fixture, 1).await;

    let letter = &letters[0];
    assert_eq!(header(letter, dead_letter_header::CONSUMER), "test-follows");
    assert_eq!(
        header(letter, dead_letter_header::REASON),
        "the domain refused it"
    );
    assert_eq!(header(letter, dead_letter_header::ATTEMPTS), "5");
    assert_eq!(
        header(letter, dead_letter_header::SUBJECT),
        format!("blog.evt.follow.{}.followed", stored.id)
    );
    assert_eq!(header(letter, "ce-type"), "blog.follow.followed.v1");
    assert_eq!(consumer.calls(), 6);
    fixture.create().await;
    consumer.is_done(1).await;
    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_panic_of_the_handler_is_a_failure_of_the_event() {
    let fixture = Fixture::start().await;
    let consumer = Consumer::start(&fixture, |calls, _| {
        assert!(calls > 0, "the handler panics");
        Ok(())
    });
    fixture.create().await;

    consumer.is_done(1).await;

    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn an_undecodable_message_becomes_a_dead_letter_at_once() {
    let fixture = Fixture::start().await;
    let consumer = Consumer::start(&fixture, |_, _| Ok(()));
    let garbage = vec![b'x'; 1_000_500];
    let jetstream = fixture.bus.jetstream();
    for payload in [b"{not json".to_vec(), garbage] {
        jetstream
            .publish("blog.evt.follow.x.followed", payload.into())
            .await
            .unwrap()
            .await
            .unwrap();
    }
    fixture.create().await;

    consumer.is_done(1).await;

    let letters = dead_letters(&fixture, 2).await;
    for letter in &letters {
        assert_eq!(
            header(letter, dead_letter_header::REASON),
            "header `ce-type` is missing"
        );
        assert_eq!(header(letter, dead_letter_header::ATTEMPTS), "1");
    }
    assert!(
        letters
            .iter()
            .any(|letter| header(letter, dead_letter_header::TRUNCATED) == "true")
    );
    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_reactor_survives_a_restart_of_the_bus_and_the_loss_of_the_log() {
    let mut fixture = Fixture::start().await;
    let consumer = Consumer::start(&fixture, |_, _| Ok(()));
    fixture.create().await;
    consumer.is_done(1).await;

    fixture.nats.stop();
    fixture.nats.restart().await;
    fixture.create().await;
    consumer.is_done(2).await;

    fixture.outbox_is_empty().await;
    fixture.nats.delete_log().await;
    fixture.create().await;
    consumer.is_done(3).await;
    // Less than a pull request waits.
    let stopped = tokio::time::timeout(Duration::from_secs(9), consumer.stop());
    stopped.await.expect("a reactor stops soon");
    fixture.finish().await;
}

/// Publishes the log's first message again, for `consumer` only.
async fn redrive(fixture: &Fixture, consumer: &str) {
    let jetstream = fixture.bus.jetstream();
    let log = jetstream.get_stream(STREAM).await.unwrap();
    let message = log.get_raw_message(1).await.unwrap();
    let mut headers = message.headers;
    headers.insert("Nats-Msg-Id", consumer);
    headers.insert(dead_letter_header::REDRIVE, consumer);
    let sent = jetstream.publish_with_headers(message.subject, headers, message.payload);
    sent.await.unwrap().await.unwrap();
}

#[tokio::test]
async fn events_that_are_redriven_for_another_consumer_are_skipped() {
    let fixture = Fixture::start().await;
    let consumer = Consumer::start(&fixture, |_, _| Ok(()));
    fixture.create().await;
    consumer.is_done(1).await;

    redrive(&fixture, "another").await;
    redrive(&fixture, "test-follows").await;

    consumer.is_done(2).await;
    fixture.create().await;
    consumer.is_done(3).await;
    assert_eq!(consumer.calls(), 3);
    // A projection skips both copies and continues after them.
    let log = fixture.log(2).await;
    assert_eq!((log[0].sequence, log[1].sequence), (1, 4));
    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn an_event_in_progress_is_finished_at_shutdown() {
    let fixture = Fixture::start().await;
    let (started, mut is_started) = mpsc::channel(1);
    let (release, finished) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let handler = {
        let (release, finished) = (Arc::clone(&release), Arc::clone(&finished));
        move |_: Arc<Received>| {
            let (started, release, finished) = (started.clone(), Arc::clone(&release), Arc::clone(&finished));
            async move {
                started.send(()).await.unwrap();
                release.notified().await;
                finished.store(true, Ordering::SeqCst);
                Ok::<(), HandlerError>(())
            }
        }
    };
    let (reactor, stop) = (
        Reactor::new(fixture.bus.clone(), FOLLOWS, handler),
        CancellationToken::new(),
    );
    let token = stop.clone();
    let mut running = tokio::spawn(async move { reactor.run(token).await });
    fixture.create().await;
    is_started.recv().await.unwrap();

    stop.cancel();

    let ended = tokio::time::timeout(Duration::from_millis(200), &mut running).await;
    assert!(ended.is_err(), "it ended while the event was in progress");
    release.notify_one();
    running.await.unwrap();
    assert!(finished.load(Ordering::SeqCst));
    eventually("the event is acknowledged", async || {
        let log = fixture.bus.jetstream().get_stream(STREAM).await.ok()?;
        let info = log.consumer_info(FOLLOWS.name).await.ok()?;
        (info.num_ack_pending == 0 && info.num_pending == 0).then_some(())
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_reactor_can_run_again_after_its_task_was_torn_down() {
    let fixture = Fixture::start().await;
    let (started, mut events) = mpsc::channel(16);
    let handler = move |event: Arc<Received>| {
        started.try_send(event.aggregate_id.clone()).unwrap();
        async { Ok::<(), HandlerError>(()) }
    };
    let reactor = Arc::new(Reactor::new(fixture.bus.clone(), FOLLOWS, handler));
    let stop = CancellationToken::new();
    let run = || {
        let (reactor, stop) = (Arc::clone(&reactor), stop.clone());
        tokio::spawn(async move { reactor.run(stop).await })
    };
    let first = run();
    let id = fixture.create().await.id;
    assert_eq!(events.recv().await.unwrap(), id);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());

    let second = run();
    let id = fixture.create().await.id;
    while events.recv().await.unwrap() != id {}
    stop.cancel();
    second.await.unwrap();
    fixture.finish().await;
}

/// Stores the consumer [`FOLLOWS`] as another release might have declared it.
async fn store_consumer(fixture: &Fixture, ack_policy: AckPolicy) -> PullConsumer {
    let config = pull::Config {
        durable_name: Some(FOLLOWS.name.to_owned()),
        filter_subject: "blog.evt.user.>".to_owned(),
        ack_policy,
        ack_wait: Duration::from_secs(77),
        max_deliver: 3,
        max_ack_pending: 7,
        ..pull::Config::default()
    };
    let jetstream = fixture.bus.jetstream();
    jetstream.create_consumer_on_stream(config, STREAM).await.unwrap()
}

#[tokio::test]
async fn a_stored_configuration_that_differs_is_corrected() {
    let fixture = Fixture::start().await;
    let mut stored = store_consumer(&fixture, AckPolicy::Explicit).await;
    let consumer = Consumer::start(&fixture, |_, _| Ok(()));
    fixture.create().await;

    consumer.is_done(1).await;

    let config = &stored.info().await.unwrap().config;
    assert_eq!(config.filter_subject, FOLLOWS.filter_subject);
    assert_eq!(config.ack_wait, ConsumerSpec::ACK_WAIT);
    assert_eq!(config.max_ack_pending, i64::from(ConsumerSpec::MAX_ACK_PENDING));
    assert_eq!(config.max_deliver, -1);
    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_stored_configuration_that_cannot_be_corrected_is_reported() {
    let fixture = Fixture::start().await;
    store_consumer(&fixture, AckPolicy::None).await;
    let mut consumer = Consumer::start(&fixture, |_, _| Ok(()));
    fixture.create().await;

    let status = consumer
        .reports("the problem is reported", |status| status.problem.is_some())
        .await;
    assert!(status.check().unwrap_err().contains("ack policy"), "{status:?}");
    assert_eq!(consumer.calls(), 0);

    // As an operator does.
    let log = fixture.bus.jetstream().get_stream(STREAM).await.unwrap();
    log.delete_consumer(FOLLOWS.name).await.unwrap();
    consumer.is_done(1).await;
    assert_eq!(consumer.status.borrow().check(), Ok(()));
    consumer.stop().await;
    fixture.finish().await;
}

/// During a roll-out an older replica opens the consumer again after an interruption.
#[tokio::test]
async fn an_older_release_does_not_narrow_the_filter_of_a_newer_one() {
    const OLDER: ConsumerSpec = ConsumerSpec {
        filter_subject: "blog.evt.follow.*.followed",
        ..FOLLOWS
    };
    const NEWER: ConsumerSpec = ConsumerSpec {
        revision: 2,
        ..FOLLOWS
    };
    let fixture = Fixture::start().await;
    let filter = async || {
        let stream = fixture.bus.jetstream().get_stream(STREAM).await.unwrap();
        let info = stream.consumer_info(FOLLOWS.name).await.ok()?;
        Some(info.config.filter_subject)
    };
    let id = fixture.create().await.id;
    for (spec, expected) in [
        (OLDER, OLDER.filter_subject),
        (NEWER, NEWER.filter_subject),
        (OLDER, NEWER.filter_subject),
    ] {
        let consumer = Consumer::start_as(spec, &fixture, |_, _| Ok(()));
        eventually("an event is handled", async || {
            if consumer.calls() > 0 {
                return Some(());
            }
            fixture.toggle(&id, None).await.unwrap();
            fixture.toggle(&id, None).await.unwrap();
            fixture.outbox_is_empty().await;
            None
        })
        .await;
        assert_eq!(filter().await.as_deref(), Some(expected));
        consumer.stop().await;
    }
    fixture.finish().await;
}
