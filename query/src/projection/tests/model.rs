//! Read models of a test's own, on the real database server.

use common::event::{Received, Timestamp};
use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use runtime::{
    bus::{Batch, Checkpoint, LogEntry},
    store::StoreError,
};
use testkit::TestDatabase;

use crate::{
    projection::{Touched, Writer, fold::Folded},
    store::Store,
};

/// A database in which each generation is a model of its own.
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

    pub async fn take_up(&self, number: u32) -> Writer {
        Writer::take_up(&self.store, number).await.unwrap()
    }

    /// Applies `batches` to generation `number`.
    pub async fn apply<'e>(&self, number: u32, batches: impl IntoIterator<Item = &'e [Received]>) {
        let mut writer = self.take_up(number).await;
        for events in batches {
            writer.apply(batch(events, &writer)).await.unwrap();
        }
    }

    /// Everything readers can come to see of generation `number`. What tells batches and terms apart is left out,
    /// and so are tags and months without posts, which are the same as none.
    pub async fn dump(&self, number: u32) -> Vec<(String, Vec<Document>)> {
        let mut dump = Vec::new();
        for (name, collection) in self.store.generation(number).collections() {
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
                // The order of fields is that in which they were first set.
                *document = sorted(std::mem::take(document));
            }
            dump.push((name.to_owned(), documents));
        }
        dump
    }

    pub async fn forget(&self, number: u32) {
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

/// `events` as the next batch for `writer`.
pub fn batch(events: &[Received], writer: &Writer) -> Batch {
    let sequence = writer.checkpoint().sequence + events.len() as u64;
    Batch {
        entries: entries(events),
        checkpoint: Checkpoint {
            log_created: "test".to_owned(),
            sequence,
        },
        pending: 0,
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

/// The documents of `events` alone, as a crash before the counts leaves them.
pub async fn write_only(writer: &Writer, events: &[Received]) -> Result<Touched, StoreError> {
    writer.write(Folded::of(entries(events))).await
}
