//! Nothing committed is lost, whatever stops in between, and what cannot be published stops nothing else.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use common::event::{Event, STREAM};
use futures::future::join_all;
use mongodb::{
    Client,
    bson::{Document, doc},
    event::{EventHandler, command::CommandEvent},
    options::ClientOptions,
};
use runtime::{
    relay::{Relay, RelayError, RelayStatus, resync},
    store::{Aggregate, AggregateStore, Storage},
    telemetry::metrics_handle,
};
use testkit::{NatsServer, TestDatabase, eventually};
use tokio_util::sync::CancellationToken;

use crate::fixture::{Fixture, Following, Foreign, cause};

/// A store of another process, which was killed between the commits and the publishing.
fn killed<A: Aggregate>(fixture: &Fixture) -> AggregateStore<A> {
    let (handle, _killed) = Relay::new(fixture.database.clone(), &[A::COLLECTION], fixture.bus.clone());
    Storage::new(fixture.database.clone(), "auth", handle, None).aggregates()
}

#[tokio::test]
async fn the_events_of_each_aggregate_come_in_order() {
    let fixture = Fixture::start().await;
    let id = fixture.create().await.id;
    for _ in 0..9 {
        fixture.toggle(&id, None).await.unwrap();
    }

    let versions: Vec<u64> = fixture
        .log(10)
        .await
        .iter()
        .map(|entry| entry.event.envelope.aggregate_version)
        .collect();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>());
    fixture.finish().await;
}

#[tokio::test]
async fn what_is_written_during_an_outage_of_the_bus_appears_after_it() {
    let mut fixture = Fixture::start().await;
    fixture.nats.stop();
    let created = join_all((0..300).map(|_| fixture.create())).await;

    fixture.nats.restart().await;

    fixture.outbox_is_empty().await;
    let mut ids: Vec<String> = fixture
        .log(300)
        .await
        .into_iter()
        .map(|entry| entry.event.aggregate_id)
        .collect();
    ids.sort();
    let mut expected: Vec<String> = created.into_iter().map(|created| created.id).collect();
    expected.sort();
    assert_eq!(ids, expected);
    fixture.finish().await;
}

#[tokio::test]
async fn what_a_killed_process_left_is_published_by_the_next() {
    let fixture = Fixture::start().await;
    let store = killed(&fixture);
    let new = store.create(Following::new().begin(), &cause()).await;
    let stored = new.unwrap().into_stored();

    let log = fixture.log(1).await;
    assert_eq!(log[0].event.aggregate_id, stored.id);
    fixture.finish().await;
}

#[tokio::test]
async fn a_lost_log_is_rebuilt_by_resync_with_the_same_events() {
    let fixture = Fixture::start().await;
    for _ in 0..200 {
        fixture.create().await;
    }
    fixture.outbox_is_empty().await;
    let read = async || {
        let mut events: Vec<_> = fixture
            .log(200)
            .await
            .into_iter()
            .map(|entry| (entry.event.envelope.id, entry.event))
            .collect();
        events.sort_by_key(|(id, _)| *id);
        events
    };
    let before = read().await;

    fixture.nats.delete_log().await;
    let count = resync(&fixture.store, &fixture.bus).await.unwrap();

    assert_eq!(count, 200);
    assert_eq!(read().await, before);
    assert!(
        before
            .iter()
            .all(|(_, received)| matches!(received.event, Event::Follow(..)))
    );
    fixture.finish().await;
}

#[tokio::test]
async fn an_event_waits_for_the_earlier_ones_of_its_aggregate() {
    let fixture = Fixture::start().await;
    // The first pass over the outboxes is over.
    fixture.create().await;
    fixture.outbox_is_empty().await;
    let store = killed(&fixture);
    let mut created = Vec::new();
    for _ in 0..20 {
        let new = store.create(Following::new().begin(), &cause()).await;
        created.push(new.unwrap().into_stored());
    }

    // Their first events have no hint; the second ones have.
    for stored in &created {
        fixture.toggle(&stored.id, None).await.unwrap();
    }

    let log = fixture.log(41).await;
    for stored in &created {
        let of_this = log.iter().filter(|entry| entry.event.aggregate_id == stored.id);
        let versions: Vec<u64> = of_this
            .map(|entry| entry.event.envelope.aggregate_version)
            .collect();
        assert_eq!(versions, [1, 2]);
    }
    fixture.finish().await;
}

#[tokio::test]
async fn an_event_that_is_not_permitted_delays_its_own_aggregate_alone() {
    let metrics = metrics_handle();
    let mut fixture = Fixture::start().await;
    let foreign = fixture.foreign.create(Foreign::new().begin(), &cause()).await;
    let foreign = foreign.unwrap().into_stored();
    let status = fixture.status(|status| status.blocked_aggregates == 1).await;
    assert!(!status.paused, "{status:?}");
    assert_eq!(status.blocked[0].aggregate, format!("foreign/{}", foreign.id));
    assert!(status.blocked[0].error.contains("does not permit"), "{status:?}");

    // A later event of the aggregate waits behind it; all others go out, one by one and many at once.
    let change = foreign.state.removed();
    fixture.foreign.commit(&foreign, change, &cause()).await.unwrap();
    for _ in 0..10 {
        fixture.create().await;
    }
    join_all((0..100).map(|_| fixture.create())).await;
    fixture.outbox_is_empty().await;
    let log = fixture.log(110).await;
    assert!(log.iter().all(|entry| entry.event.aggregate_id != foreign.id));
    let status = fixture.status(|status| status.outbox_events == 2).await;
    assert_eq!((status.paused, status.blocked_aggregates), (false, 1));
    assert!(status.oldest_event.is_some());
    let age = |age: &str| format!("outbox_oldest_event_age_seconds{{service=\"auth\"}} {age}");
    assert!(!metrics.render().contains(&age("0\n")) && metrics.render().contains(&age("")));

    // The permission is deployed.
    fixture.nats.permit("auth", "blog.evt.reaction.*.*");
    fixture.nats.restart().await;
    fixture.status(|status| *status == RelayStatus::default()).await;
    assert!(metrics.render().contains(&age("0\n")));
    let log = fixture.log(112).await;
    let late = log[110..].iter().map(|entry| {
        (
            entry.event.aggregate_id.clone(),
            entry.event.envelope.aggregate_version,
        )
    });
    assert!(late.eq([(foreign.id.clone(), 1), (foreign.id.clone(), 2)]));
    fixture.finish().await;
}

#[tokio::test]
async fn retries_of_blocked_aggregates_do_not_restart_the_sweep() {
    const BLOCKED: u64 = 20;
    let metrics = metrics_handle();
    let fixture = Fixture::start().await;
    let sweeps = Arc::new(AtomicU32::new(0));
    let mut options = ClientOptions::parse(fixture.test_database.uri()).await.unwrap();
    let counted = Arc::clone(&sweeps);
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Started(event) = event
            && let Ok(projection) = event.command.get_document("projection")
            && projection.contains_key("bytes")
        {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let database = Client::with_options(options).unwrap();
    let database = database.database(fixture.test_database.name());
    let bus = fixture.nats.connect_as("auth").await;
    let (handle, mut relay) = Relay::new(database, &["refused"], bus);
    let refused = fixture.database.collection::<Document>("refused");
    for _ in 0..BLOCKED {
        let foreign = killed::<Foreign>(&fixture)
            .create(Foreign::new().begin(), &cause())
            .await;
        let id = doc! { "_id": foreign.unwrap().into_stored().id };
        let document = fixture
            .foreign
            .collection()
            .find_one_and_delete(id)
            .await
            .unwrap();
        refused.insert_one(document.unwrap()).await.unwrap();
    }
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { relay.run(stop).await }
    });

    eventually("each is retried", async || {
        let failures = metrics.render();
        let failures = failures
            .lines()
            .filter(|line| line.starts_with("relay_failures_total"));
        let failures = failures.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        (failures.sum::<u64>() >= 3 * BLOCKED).then_some(())
    })
    .await;

    let sweeps = sweeps.load(Ordering::Relaxed);
    assert!(sweeps <= 3, "{sweeps} sweeps");
    assert_eq!(handle.status().blocked_aggregates, BLOCKED as usize);
    stop.cancel();
    running.await.unwrap();
    fixture.finish().await;
}

#[tokio::test]
async fn an_event_that_is_too_large_delays_its_own_aggregate_alone() {
    let fixture = Fixture::start().await;
    // As a release left it that encoded more than this bus accepts.
    let large = killed(&fixture).create(Following::new().begin(), &cause()).await;
    let large = large.unwrap().into_stored();
    let id = doc! { "_id": &large.id };
    let documents = fixture.store.collection();
    let payload = "x".repeat((1 << 20) + 1);
    let enlarge = doc! { "$set": { "outbox.0.payload": payload, "outbox.0.at": "2026-01-31T12:00:00.000Z" } };
    documents.update_one(id.clone(), enlarge).await.unwrap();
    let status = fixture.status(|status| status.blocked_aggregates == 1).await;
    assert!(
        status.blocked[0].error.contains("more than the bus accepts"),
        "{status:?}"
    );

    fixture.toggle(&large.id, None).await.unwrap();
    let others = join_all((0..20).map(|_| fixture.create())).await;
    let log = fixture.log(20).await;
    let is_other = |id: &String| others.iter().any(|other| other.id == *id);
    assert!(log.iter().all(|entry| is_other(&entry.event.aggregate_id)));
    fixture.outbox_holds(1).await;

    // An operator removes it.
    documents
        .update_one(id, doc! { "$pop": { "outbox": -1 } })
        .await
        .unwrap();
    fixture.status(|status| *status == RelayStatus::default()).await;
    let late = fixture.log(21).await.pop().unwrap().event;
    assert_eq!(
        (late.aggregate_id, late.envelope.aggregate_version),
        (large.id, 2)
    );
    fixture.finish().await;
}

#[tokio::test]
async fn one_event_that_cannot_be_published_does_not_end_the_batches() {
    let mut fixture = Fixture::start().await;
    let foreign = fixture.foreign.create(Foreign::new().begin(), &cause()).await;
    foreign.unwrap();
    fixture.status(|status| status.blocked_aggregates == 1).await;
    fixture.nats.stop();
    join_all((0..300).map(|_| fixture.create())).await;

    fixture.nats.restart().await;

    fixture.outbox_is_empty().await;
    fixture.log(300).await;
    let stream = fixture.bus.jetstream().get_stream(STREAM).await.unwrap();
    let mut in_batches = 0;
    for sequence in 1..=300 {
        let message = stream.get_raw_message(sequence).await.unwrap();
        in_batches += u32::from(message.headers.get("Nats-Batch-Id").is_some());
    }
    assert!(in_batches >= 200, "only {in_batches} of 300 came in batches");
    fixture.finish().await;
}

#[tokio::test]
async fn a_document_that_cannot_be_read_delays_itself_alone() {
    let fixture = Fixture::start().await;
    let broken = doc! { "_id": "broken", "outbox": [{ "at": "2026-01-31T12:00:00.000Z", "newer": true }] };
    fixture.store.collection().insert_one(broken).await.unwrap();

    let status = fixture.status(|status| status.blocked_aggregates == 1).await;
    assert_eq!(status.blocked[0].aggregate, "follows/broken");
    fixture.create().await;
    fixture.log(1).await;

    let id = doc! { "_id": "broken" };
    fixture.store.collection().delete_one(id).await.unwrap();
    fixture.status(|status| *status == RelayStatus::default()).await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_long_backlog_of_large_documents_is_worked_through() {
    let mut fixture = Fixture::start().await;
    fixture.create().await;
    fixture.outbox_is_empty().await;
    fixture.nats.stop();
    // 120 MiB in all: more than the relay could read at once, or in one client's time limit.
    for _ in 0..60 {
        let mut following = Following::new();
        following.note = "x".repeat(2 << 20);
        fixture.store.create(following.begin(), &cause()).await.unwrap();
    }
    let status = fixture.status(|status| status.outbox_events == 60).await;
    assert!(status.paused && status.last_error.is_some() && status.oldest_event.is_some());

    fixture.nats.restart().await;

    fixture.outbox_is_empty().await;
    fixture.log(61).await;
    fixture.status(|status| *status == RelayStatus::default()).await;
    fixture.finish().await;
}

/// The numbers of documents that the sweep reads together, by the commands that reach the database.
#[tokio::test]
async fn the_sweep_reads_at_most_8_mib_at_once() {
    // Without a fixture, whose relay would publish the events first.
    let (nats, test_database) = (NatsServer::start().await, TestDatabase::new("auth"));
    let (bus, database) = (nats.connect("auth").await, test_database.connect().await);
    eventually("the bus connects", async || bus.is_connected().then_some(())).await;
    let (handle, _unused) = Relay::new(database.clone(), &[Following::COLLECTION], bus.clone());
    let store = Storage::new(database, "auth", handle, None).aggregates::<Following>();
    let documents = store.collection();
    for _ in 0..5 {
        let created = store.create(Following::new().begin(), &cause()).await;
        let id = created.unwrap().into_stored().id;
        let padding = doc! { "$set": { "padding": "x".repeat(3 << 20) } };
        documents.update_one(doc! { "_id": id }, padding).await.unwrap();
    }
    let reads = Arc::new(Mutex::new(Vec::new()));
    let mut options = ClientOptions::parse(test_database.uri()).await.unwrap();
    let seen = Arc::clone(&reads);
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Started(event) = event
            && let Ok(filter) = event.command.get_document("filter")
            && let Ok(Ok(ids)) = filter.get_document("_id").map(|id| id.get_array("$in"))
        {
            seen.lock().unwrap().push(ids.len());
        }
    }));
    let database = Client::with_options(options).unwrap();
    let database = database.database(test_database.name());
    let (_handle, mut relay) = Relay::new(database, &[Following::COLLECTION], bus);

    assert_eq!(relay.relay_once(Duration::ZERO).await.unwrap(), 5);

    assert_eq!(*reads.lock().unwrap(), [2, 2, 1]);
    test_database.remove().await;
}

/// Counts how often a relay without any store is polled, while it publishes what another process left.
#[tokio::test]
async fn a_relay_without_a_store_sweeps_and_does_nothing_else() {
    let fixture = Fixture::start().await;
    let (handle, mut relay) = Relay::new(fixture.database.clone(), &["left_over"], fixture.bus.clone());
    drop(handle);
    let (stop, polls) = (CancellationToken::new(), Arc::new(AtomicU32::new(0)));
    let running = tokio::spawn({
        let (stop, polls) = (stop.clone(), Arc::clone(&polls));
        async move {
            let mut run = pin!(relay.run(stop));
            poll_fn(|context| {
                polls.fetch_add(1, Ordering::Relaxed);
                run.as_mut().poll(context)
            })
            .await;
        }
    });

    for _ in 0..2 {
        // Younger than what the first sweep takes, so that a later one must.
        let stored = killed(&fixture).create(Following::new().begin(), &cause()).await;
        let id = doc! { "_id": stored.unwrap().into_stored().id };
        let document = fixture.store.collection().find_one_and_delete(id).await.unwrap();
        let left_over = fixture.database.collection::<Document>("left_over");
        left_over.insert_one(document.unwrap()).await.unwrap();
        eventually("the sweep publishes it", async || {
            let waiting = doc! { "outbox.0": { "$exists": true } };
            (left_over.count_documents(waiting).await.unwrap() == 0).then_some(())
        })
        .await;
    }

    stop.cancel();
    running.await.unwrap();
    let polls = polls.load(Ordering::Relaxed);
    assert!(polls < 1000, "polled {polls} times");
    fixture.finish().await;
}

#[tokio::test]
async fn events_of_the_last_requests_are_published_at_the_shutdown() {
    let fixture = Fixture::start().await;
    let store = killed(&fixture);
    let stop = CancellationToken::new();
    stop.cancel();
    store.create(Following::new().begin(), &cause()).await.unwrap();
    let (_handle, mut relay) = Relay::new(
        fixture.database.clone(),
        &[Following::COLLECTION],
        fixture.bus.clone(),
    );

    relay.run(stop).await;

    assert_eq!(fixture.waiting().await, 0);
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_resync_publishes_all_that_it_can_and_reports_the_rest() {
    let fixture = Fixture::start().await;
    for _ in 0..20 {
        fixture.create().await;
    }
    fixture.outbox_is_empty().await;
    let broken = doc! { "_id": "0", "state": {} };
    fixture.store.collection().insert_one(broken).await.unwrap();
    fixture.nats.delete_log().await;

    let result = resync(&fixture.store, &fixture.bus).await;

    assert!(
        matches!(
            result,
            Err(RelayError::Incomplete {
                published: 20,
                failures: 1,
                ..
            })
        ),
        "{result:?}"
    );
    fixture.log(20).await;
    fixture.finish().await;
}
