//! Read models of a single test, on the real database server.

use common::event::{Received, Timestamp};
use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use runtime::{
    bus::{Checkpoint, LogEntry},
    store::StoreError,
};
use testkit::TestDatabase;

use crate::{
    projection::{affected::Affected, fold::Folded, writer::Writer},
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

    /// Applies `batches` to generation `number`.
    pub async fn apply<'e>(&self, number: u32, batches: impl IntoIterator<Item = &'e [Received]>) {
        let mut writer = self.acquire(number).await;
        for events in batches {
            apply(&mut writer, events).await.unwrap();
        }
    }

    /// Everything that readers can get from generation `number`: without the fields that identify batches and terms, and
    /// without tags and months that have no posts, which are equivalent to none.
    pub async fn dump(&self, number: u32) -> Vec<(String, Vec<Document>)> {
        let mut dump = Vec::new();
        // Words are hints: those of former titles find nothing.
        for name in COLLECTIONS.into_iter().filter(|name| *name != "words") {
            let collection = format!("g{number}_{name}");
            let collection = self.store.database().collection::<Document>(&collection);
            let filter = if matches!(name, "tags" | "months") {
                doc! { "posts": { "$gt": 0 } }
            } else {
                doc! {}
            };
            let found = collection.find(filter).sort(doc! { "_id": 1 }).await.unwrap();
            let mut documents: Vec<Document> = found.try_collect().await.unwrap();
            for document in &mut documents {
                document.remove("batch");
                document.remove("counts_term");
                // Fields are stored in the order in which they were first set.
                *document = sorted(std::mem::take(document));
            }
            dump.push((name.to_owned(), documents));
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

fn sorted(document: Document) -> Document {
    let mut fields: Vec<_> = document.into_iter().collect();
    fields.sort_by(|(left, _), (right, _)| left.cmp(right));
    fields.into_iter().collect()
}

/// Applies `events` as the next batch.
pub async fn apply(writer: &mut Writer, events: &[Received]) -> Result<Affected, StoreError> {
    let checkpoint = Checkpoint {
        log_created: "test".to_owned(),
        sequence: writer.checkpoint().sequence + events.len() as u64,
    };
    writer.apply(Folded::of(entries(events)), &checkpoint).await
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

/// Writes the documents of `events` without a recount, as before a crash.
pub async fn write_only(writer: &mut Writer, events: &[Received]) -> Result<Affected, StoreError> {
    writer.write(Folded::of(entries(events))).await
}
