//! Reading the log: in order, from a checkpoint, past invalid messages, and into a recreated log.

use common::event::{
    STREAM,
    topology::{CHECKPOINTS_BUCKET, CheckpointNote},
};
use runtime::{
    bus::{Batch, Checkpoint, DEAD_LETTER_STREAM, LogReader, Projection, ProjectionError, run_projection},
    store::StoreError,
};
use testkit::eventually;
use tokio_util::sync::CancellationToken;

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

    fixture.nats.delete_log().await;
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

/// A projection that only remembers how far it has come.
#[derive(Default)]
struct Counting(Checkpoint);

impl Projection for Counting {
    fn name(&self) -> &str {
        "counting"
    }

    async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        Ok(self.0.clone())
    }

    async fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.0 = batch.checkpoint;
        Ok(())
    }
}

#[tokio::test]
async fn how_far_a_projection_has_come_is_told_to_the_bus() {
    let fixture = Fixture::start().await;
    for _ in 0..3 {
        create(&fixture).await;
    }
    let (bus, stop) = (fixture.bus.clone(), CancellationToken::new());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { run_projection(&bus, &mut Counting::default(), &stop).await }
    });
    let bucket = fixture.bus.jetstream().get_key_value(CHECKPOINTS_BUCKET);
    let bucket = bucket.await.unwrap();
    let published = async |sequence| {
        eventually("the checkpoint is published", async || {
            let note = bucket.get("counting").await.unwrap()?;
            let note: CheckpointNote = serde_json::from_slice(&note).unwrap();
            (note.sequence == sequence).then_some(note)
        })
        .await
    };
    let first = published(3).await;
    let log = fixture.bus.jetstream().get_stream(STREAM).await.unwrap();
    assert_eq!(first.log_created, log.cached_info().created.to_string());

    create(&fixture).await;
    let second = published(4).await;
    assert!(second.at.as_millis() - first.at.as_millis() >= 1000);
    stop.cancel();
    running.await.unwrap();
    fixture.finish().await;
}

#[tokio::test]
async fn a_projection_does_not_wait_for_the_bus_to_take_what_it_tells() {
    let fixture = Fixture::start().await;
    let deleted = fixture.bus.jetstream().delete_key_value(CHECKPOINTS_BUCKET);
    deleted.await.unwrap();
    for _ in 0..3 {
        create(&fixture).await;
    }
    let (bus, stop) = (fixture.bus.clone(), CancellationToken::new());
    let projection = std::sync::Arc::new(tokio::sync::Mutex::new(Counting::default()));
    let running = tokio::spawn({
        let (stop, projection) = (stop.clone(), projection.clone());
        async move { run_projection(&bus, &mut Shared(projection), &stop).await }
    });
    eventually("all is applied", async || {
        (projection.lock().await.0.sequence == 3).then_some(())
    })
    .await;
    stop.cancel();
    running.await.unwrap();
    fixture.finish().await;
}

/// One that the test looks into.
struct Shared(std::sync::Arc<tokio::sync::Mutex<Counting>>);

impl Projection for Shared {
    fn name(&self) -> &str {
        "counting"
    }

    async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        self.0.lock().await.checkpoint().await
    }

    async fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.0.lock().await.apply(batch).await
    }
}
