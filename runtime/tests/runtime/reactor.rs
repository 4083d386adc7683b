//! Reactions: acknowledged after they are done, tried again when they fail, never in the way of the next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_nats::HeaderMap;
use common::event::{Received, topology::ConsumerSpec};
use runtime::bus::{DEAD_LETTER_STREAM, EventHandler, HandlerError, Reactor, dead_letter_header};
use testkit::eventually;
use tokio_util::sync::CancellationToken;

use crate::fixture::Fixture;

const FOLLOWS: ConsumerSpec = ConsumerSpec {
    name: "test-follows",
    filter_subject: "blog.evt.follow.>",
    purpose: "shows what a reactor does",
};

/// Fails so often, in this way, and then does it.
#[derive(Default)]
struct Stumbling {
    failures: u32,
    away: bool,
    panics: bool,
    calls: Arc<AtomicU32>,
    done: Arc<AtomicU32>,
}

impl EventHandler for Stumbling {
    async fn handle(&self, _event: Arc<Received>) -> Result<(), HandlerError> {
        if self.calls.fetch_add(1, Ordering::SeqCst) < self.failures {
            assert!(!self.panics, "fell over");
            let error = std::io::Error::other("stumbled").into();
            return Err(if self.away {
                HandlerError::Transient(error)
            } else {
                HandlerError::Permanent(error)
            });
        }
        self.done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

struct Running {
    calls: Arc<AtomicU32>,
    done: Arc<AtomicU32>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(fixture: &Fixture, failures: u32, away: bool) -> Self {
        Self::with(
            fixture,
            Stumbling {
                failures,
                away,
                ..Stumbling::default()
            },
        )
    }

    fn with(fixture: &Fixture, reaction: Stumbling) -> Self {
        let (calls, done) = (Arc::clone(&reaction.calls), Arc::clone(&reaction.done));
        let stop = CancellationToken::new();
        let reactor = Reactor::new(fixture.bus.clone(), FOLLOWS, reaction);
        let token = stop.clone();
        let task = tokio::spawn(async move { reactor.run(token).await });
        Self {
            calls,
            done,
            stop,
            task,
        }
    }

    async fn is_done(&self, count: u32) {
        eventually("the reactions are done", async || {
            (self.done.load(Ordering::SeqCst) == count).then_some(())
        })
        .await;
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn dead_letters(fixture: &Fixture, count: u64) -> Vec<HeaderMap> {
    let jetstream = fixture.bus.jetstream();
    let stream = eventually("the dead letters are there", async || {
        let stream = jetstream.get_stream(DEAD_LETTER_STREAM).await.ok()?;
        (stream.cached_info().state.messages == count).then_some(stream)
    })
    .await;
    let mut headers = Vec::new();
    for sequence in 1..=count {
        headers.push(stream.get_raw_message(sequence).await.unwrap().headers);
    }
    headers
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .map(|value| value.as_str().to_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_failed_reaction_is_tried_again() {
    let fixture = Fixture::start().await;
    let running = Running::start(&fixture, 2, false);
    fixture.create().await;

    running.is_done(1).await;

    assert_eq!(running.calls.load(Ordering::SeqCst), 3);
    running.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn one_that_keeps_failing_is_a_dead_letter_and_the_next_is_done() {
    let fixture = Fixture::start().await;
    let running = Running::start(&fixture, 5, false);
    let stored = fixture.create().await;

    let letters = dead_letters(&fixture, 1).await;

    let letter = &letters[0];
    assert_eq!(header(letter, dead_letter_header::CONSUMER), "test-follows");
    assert_eq!(header(letter, dead_letter_header::REASON), "stumbled");
    assert_eq!(header(letter, dead_letter_header::ATTEMPTS), "5");
    assert_eq!(
        header(letter, dead_letter_header::SUBJECT),
        format!("blog.evt.follow.{}.followed", stored.id)
    );
    assert_eq!(header(letter, "ce-type"), "blog.follow.followed.v1");
    fixture.create().await;
    running.is_done(1).await;
    running.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_reaction_that_panics_is_a_failure_like_any_other() {
    let fixture = Fixture::start().await;
    let running = Running::with(
        &fixture,
        Stumbling {
            failures: 1,
            panics: true,
            ..Stumbling::default()
        },
    );
    fixture.create().await;

    running.is_done(1).await;

    running.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn while_something_needed_is_away_nothing_is_given_up() {
    let fixture = Fixture::start().await;
    let running = Running::start(&fixture, 6, true);
    fixture.create().await;

    running.is_done(1).await;

    assert_eq!(running.calls.load(Ordering::SeqCst), 7);
    dead_letters(&fixture, 0).await;
    running.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn what_is_no_event_is_a_dead_letter_at_once() {
    let fixture = Fixture::start().await;
    let running = Running::start(&fixture, 0, false);
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

    running.is_done(1).await;

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
    running.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_reactor_survives_the_bus_and_even_the_loss_of_the_log() {
    let mut fixture = Fixture::start().await;
    let running = Running::start(&fixture, 0, false);
    fixture.create().await;
    running.is_done(1).await;

    fixture.nats.stop();
    fixture.nats.restart().await;
    fixture.create().await;
    running.is_done(2).await;

    fixture.outbox_is_empty().await;
    fixture.nats.delete_log().await;
    fixture.create().await;
    running.is_done(3).await;
    let started = std::time::Instant::now();
    running.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5), "a reactor stops soon");
    fixture.finish().await;
}

/// Puts the log's first message there again, for `consumer` alone.
async fn redrive(fixture: &Fixture, consumer: &str) {
    let jetstream = fixture.bus.jetstream();
    let log = jetstream.get_stream(common::event::STREAM).await.unwrap();
    let message = log.get_raw_message(1).await.unwrap();
    let mut headers = message.headers;
    headers.insert("Nats-Msg-Id", consumer);
    headers.insert(dead_letter_header::REDRIVE, consumer);
    let sent = jetstream.publish_with_headers(message.subject, headers, message.payload);
    sent.await.unwrap().await.unwrap();
}

#[tokio::test]
async fn what_is_redriven_for_another_is_passed_over() {
    let fixture = Fixture::start().await;
    let running = Running::start(&fixture, 0, false);
    fixture.create().await;
    running.is_done(1).await;

    redrive(&fixture, "another").await;
    redrive(&fixture, "test-follows").await;

    running.is_done(2).await;
    fixture.create().await;
    running.is_done(3).await;
    assert_eq!(running.calls.load(Ordering::SeqCst), 3);
    // A projection sees neither copy, and goes on behind them.
    let log = fixture.log(2).await;
    assert_eq!((log[0].sequence, log[1].sequence), (1, 4));
    running.stop().await;
    fixture.finish().await;
}
