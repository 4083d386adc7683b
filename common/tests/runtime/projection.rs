//! Reading the log: in order, from a checkpoint, over what is broken, and into a log made anew.

use common::bus::{Checkpoint, DEAD_LETTER_STREAM, LogReader, ProjectionError};

use crate::fixture::Fixture;

async fn create(fixture: &Fixture) -> String {
    let id = fixture.create().await.id;
    fixture.outbox_is_empty().await;
    id
}

#[tokio::test]
async fn reading_goes_on_behind_the_checkpoint() {
    let fixture = Fixture::start().await;
    create(&fixture).await;
    let mut reader = LogReader::open(&fixture.bus, "test", &Checkpoint::default())
        .await
        .unwrap();
    let checkpoint = reader.next_batch().await.unwrap().checkpoint;
    assert_eq!(checkpoint.sequence, 1);

    let second = create(&fixture).await;

    let mut reader = LogReader::open(&fixture.bus, "test", &checkpoint).await.unwrap();
    let batch = reader.next_batch().await.unwrap();
    let ids: Vec<&str> = batch
        .entries
        .iter()
        .map(|entry| entry.event.aggregate_id.as_str())
        .collect();
    assert_eq!(
        (ids, batch.checkpoint.sequence, batch.pending),
        (vec![second.as_str()], 2, 0)
    );
    fixture.finish().await;
}

#[tokio::test]
async fn what_is_no_event_is_filed_and_passed_over() {
    let fixture = Fixture::start().await;
    let jetstream = fixture.bus.jetstream();
    jetstream
        .publish("blog.evt.follow.x.followed", "garbage".into())
        .await
        .unwrap()
        .await
        .unwrap();
    create(&fixture).await;

    let log = fixture.log(1).await;

    assert_eq!(log[0].sequence, 2);
    let letters = jetstream.get_stream(DEAD_LETTER_STREAM).await.unwrap();
    assert_eq!(letters.cached_info().state.messages, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn a_log_made_anew_is_noticed_and_read_from_its_beginning() {
    let fixture = Fixture::start().await;
    create(&fixture).await;
    let mut reader = LogReader::open(&fixture.bus, "test", &Checkpoint::default())
        .await
        .unwrap();
    let checkpoint = reader.next_batch().await.unwrap().checkpoint;

    fixture.nats.lose_log().await;
    let interrupted = loop {
        match reader.next_batch().await {
            Ok(batch) => assert!(batch.entries.is_empty()),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(interrupted, ProjectionError::Replaced | ProjectionError::Log(_)),
        "{interrupted:?}"
    );

    let first = create(&fixture).await;
    let mut reader = LogReader::open(&fixture.bus, "test", &checkpoint).await.unwrap();
    let batch = reader.next_batch().await.unwrap();
    assert_eq!(batch.entries[0].event.aggregate_id, first);
    assert_eq!(batch.checkpoint.sequence, 1);
    assert_ne!(batch.checkpoint.log_created, checkpoint.log_created);
    fixture.finish().await;
}
