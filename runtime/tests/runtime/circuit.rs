//! Transient failures: no event is lost to them, and a consumer whose dependency is down stops fetching.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use common::event::{STREAM, topology::ConsumerSpec};
use mongodb::bson::doc;
use runtime::{
    bus::{CircuitState, HandlerError, Reactor},
    store::StoreError,
    telemetry::metrics_handle,
};
use testkit::eventually;
use tokio_util::sync::CancellationToken;

use crate::{
    consumer::{Consumer, FOLLOWS, dead_letters, transient},
    fixture::Fixture,
};

/// Of one test only, since metrics are the process's.
const OUTAGE: ConsumerSpec = ConsumerSpec {
    name: "test-outage",
    ..FOLLOWS
};

#[tokio::test]
async fn transient_failures_never_make_a_dead_letter() {
    let fixture = Fixture::start().await;
    let consumer = Consumer::start(
        &fixture,
        |calls, _| if calls < 6 { Err(transient()) } else { Ok(()) },
    );
    fixture.create().await;

    consumer.is_done(1).await;

    assert_eq!(consumer.calls(), 7);
    dead_letters(&fixture, 0).await;
    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn an_unknown_error_of_the_database_is_transient() {
    let fixture = Fixture::start().await;
    let database = fixture.database.clone();
    let (calls, stop) = (Arc::new(Mutex::new(0)), CancellationToken::new());
    let counted = Arc::clone(&calls);
    let handler = move |_: Arc<common::event::Received>| {
        let (database, calls) = (database.clone(), Arc::clone(&counted));
        async move {
            let call = {
                let mut calls = calls.lock().unwrap();
                *calls += 1;
                *calls
            };
            // More often than a permanent failure is retried, the server refuses.
            let command = if call <= 6 {
                doc! { "noSuchCommand": 1 }
            } else {
                doc! { "ping": 1 }
            };
            database.run_command(command).await.map_err(StoreError::from)?;
            Ok::<(), HandlerError>(())
        }
    };
    let reactor = Reactor::new(fixture.bus.clone(), FOLLOWS, handler);
    let token = stop.clone();
    let running = tokio::spawn(async move { reactor.run(token).await });
    fixture.create().await;

    eventually("the event is handled at last", async || {
        (*calls.lock().unwrap() == 7).then_some(())
    })
    .await;

    stop.cancel();
    running.await.unwrap();
    dead_letters(&fixture, 0).await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_consumer_stops_fetching_while_its_dependency_is_down() {
    const EVENTS: u32 = 60;
    let fixture = Fixture::start().await;
    let (available, tried) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(Mutex::new(HashSet::new())),
    );
    let (is_available, seen) = (Arc::clone(&available), Arc::clone(&tried));
    let mut consumer = Consumer::start_as(OUTAGE, &fixture, move |_, event| {
        seen.lock().unwrap().insert(event.aggregate_id.clone());
        if is_available.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err(transient())
        }
    });
    for _ in 0..EVENTS {
        fixture.create().await;
    }

    let status = consumer
        .reports("the circuit opens", |status| status.circuit == CircuitState::Open)
        .await;
    let problem = status.check().unwrap_err();
    assert!(problem.ends_with("the dependency is unavailable"), "{problem}");
    let before = tried.lock().unwrap().len();
    eventually("it is probed with another event", async || {
        (tried.lock().unwrap().len() > before).then_some(())
    })
    .await;
    consumer
        .reports("the circuit opens again", |status| {
            status.circuit == CircuitState::Open
        })
        .await;
    // Between two looks it may be half-open.
    eventually("the metric has the open circuit", async || {
        let metrics = metrics_handle().render();
        metrics
            .contains("consumer_circuit_state{consumer=\"test-outage\"} 2")
            .then_some(())
    })
    .await;
    // Those in progress when it opened, and the probes.
    let tried = tried.lock().unwrap().len();
    assert!(tried <= 24, "{tried} of {EVENTS} events were tried");

    available.store(true, Ordering::SeqCst);
    consumer.is_done(EVENTS).await;
    consumer
        .reports("the circuit closes", |status| {
            status.circuit == CircuitState::Closed
        })
        .await;
    assert_eq!(consumer.status.borrow().check(), Ok(()));
    assert!(
        metrics_handle()
            .render()
            .contains("consumer_circuit_state{consumer=\"test-outage\"} 0")
    );
    dead_letters(&fixture, 0).await;
    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn the_circuit_closes_when_no_event_is_pending_any_longer() {
    let fixture = Fixture::start().await;
    let mut consumer = Consumer::start(&fixture, |_, _| Err(transient()));
    for _ in 0..8 {
        fixture.create().await;
    }
    consumer
        .reports("the circuit opens", |status| status.circuit == CircuitState::Open)
        .await;
    fixture.outbox_is_empty().await;

    // As if another replica had handled them.
    let stream = fixture.bus.jetstream().get_stream(STREAM).await.unwrap();
    stream.purge().await.unwrap();

    consumer
        .reports("the circuit closes", |status| {
            status.circuit == CircuitState::Closed
        })
        .await;
    assert_eq!(consumer.status.borrow().check(), Ok(()));
    consumer.stop().await;
    fixture.finish().await;
}

#[tokio::test]
async fn events_that_always_fail_do_not_block_the_others() {
    let fixture = Fixture::start().await;
    let (outage, broken) = (
        Arc::new(AtomicBool::new(true)),
        Arc::new(Mutex::new(HashSet::new())),
    );
    let (is_outage, failing) = (Arc::clone(&outage), Arc::clone(&broken));
    // Events that are tried in the outage fail forever.
    let mut consumer = Consumer::start(&fixture, move |_, event| {
        let mut failing = failing.lock().unwrap();
        if is_outage.load(Ordering::SeqCst) {
            failing.insert(event.aggregate_id.clone());
        }
        if failing.contains(&event.aggregate_id) {
            Err(transient())
        } else {
            Ok(())
        }
    });
    for _ in 0..8 {
        fixture.create().await;
    }
    consumer
        .reports("the circuit opens", |status| status.circuit == CircuitState::Open)
        .await;
    outage.store(false, Ordering::SeqCst);
    let failing = u32::try_from(broken.lock().unwrap().len()).unwrap();

    for count in 1..=3 {
        fixture.create().await;
        consumer.is_done(8 - failing + count).await;
    }

    assert!(consumer.calls() > 11, "the failing events are retried");
    consumer.stop().await;
    // The events that fail are still pending, on purpose.
    fixture.finish().await;
}
