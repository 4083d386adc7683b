//! Read models of a single test, on the real database server.

use std::collections::BTreeSet;

use common::event::{Received, Timestamp};
use futures::TryStreamExt as _;
use mongodb::bson::{Bson, Document, doc};
use runtime::{
    bus::{Batch, Checkpoint, LogEntry},
    store::StoreError,
};
use testkit::TestDatabase;

use crate::{
    changes::Key,
    projection::{
        fold::Folded,
        load::Loader,
        writer::{Prepared, Writer},
    },
    store::{COLLECTIONS, Store},
};

/// A database in which each generation is a separate model.
pub struct Models {
    database: TestDatabase,
    pub store: Store,
}

impl Models {
    pub async fn new() -> Self {
        let database = TestDatabase::new("query");
        let store = Store::new(&database.connect().await);
        Self { database, store }
    }

    pub async fn acquire(&self, number: u32) -> Writer {
        Writer::acquire(&self.store, number).await.unwrap()
    }

    pub async fn loader(&self, number: u32) -> Loader {
        let progress = self.store.meta.acquire(number).await.unwrap();
        Loader::new(&self.store, number, progress)
    }

    /// Applies `batches` to generation `number`.
    pub async fn apply<'e>(&self, number: u32, batches: impl IntoIterator<Item = &'e [Received]>) {
        let mut writer = self.acquire(number).await;
        for events in batches {
            apply(&mut writer, events).await.unwrap();
        }
    }

    /// Everything that readers can get from generation `number`: posts and users with their counters, tags and months
    /// that have posts, and no fields that identify batches.
    pub async fn dump(&self, number: u32) -> Vec<(String, Vec<Document>)> {
        let mut dump = Vec::new();
        for name in COLLECTIONS {
            let collection = format!("g{number}_{name}");
            let collection = self.store.database().collection::<Document>(&collection);
            let found = collection.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
            let mut documents: Vec<Document> = found.try_collect().await.unwrap();
            for document in &mut documents {
                document.remove("batch");
                // A counter at 0 is equivalent to none, and fields are stored in the order in which they were first set.
                let fields = std::mem::take(document).into_iter();
                let mut fields: Vec<_> = fields.filter(|(_, value)| *value != Bson::Int64(0)).collect();
                fields.sort_by(|(left, _), (right, _)| left.cmp(right));
                document.extend(fields);
            }
            documents.retain(|document| document.len() > 1);
            dump.push((name.to_owned(), documents));
        }
        for (of, counters) in [(0, 5), (1, 6)] {
            let (_, counters) = std::mem::take(&mut dump[counters]);
            for mut counts in counters {
                let id = counts.remove("_id");
                let documents = dump[of].1.iter_mut();
                for document in documents.filter(|document| document.get("_id") == id.as_ref()) {
                    document.insert("counts", counts.clone());
                }
            }
        }
        dump
    }

    pub async fn remove(&self, number: u32) {
        self.store.generation(number).remove().await.unwrap();
    }

    pub async fn finish(self) {
        self.database.remove().await;
    }
}

/// Applies `events` as the next batch.
pub async fn apply(writer: &mut Writer, events: &[Received]) -> Result<BTreeSet<Key>, StoreError> {
    let checkpoint = Checkpoint {
        log_created: "test".to_owned(),
        sequence: writer.checkpoint().sequence + events.len() as u64,
    };
    writer.apply(Folded::of(entries(events)), &checkpoint).await
}

/// `events` as they are read from the log.
pub fn batch(events: &[Received]) -> Batch {
    Batch {
        entries: entries(events),
        ..Batch::default()
    }
}

fn entries(events: &[Received]) -> Vec<LogEntry> {
    let stored_at = Timestamp::from_millis(0).unwrap();
    let entry = |event: &Received| LogEntry {
        sequence: 1,
        stored_at,
        event: event.clone(),
    };
    events.iter().map(entry).collect()
}

/// Prepares `events` and writes them, as before a crash in the middle of the transaction.
pub async fn write_only(writer: &Writer, events: &[Received]) -> Result<Prepared, StoreError> {
    let prepared = writer.prepare(Folded::of(entries(events))).await?;
    writer.write_and_crash(prepared.clone()).await;
    Ok(prepared)
}
