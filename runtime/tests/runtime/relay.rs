//! Nothing committed is lost, whatever stops in between.

use common::event::Event;
use futures::future::join_all;
use runtime::{
    relay::{Relay, resync},
    store::{Aggregate as _, Storage},
};

use crate::fixture::{Fixture, Following, cause};

#[tokio::test]
async fn each_aggregate_s_events_come_in_order() {
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
async fn what_is_written_while_the_bus_is_away_appears_after_its_return() {
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
    // A store whose relay never ran stands for a process killed between commit and publish.
    let (handle, killed) = Relay::new(
        fixture.database.clone(),
        &[Following::COLLECTION],
        fixture.bus.clone(),
    );
    let store = Storage::new(fixture.database.clone(), "auth", handle, None).aggregates::<Following>();
    let new = store.create(Following::new().begin(), &cause()).await;
    let stored = new.unwrap().into_stored();
    drop(killed);

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
