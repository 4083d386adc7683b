//! The outbox inside an aggregate's document.

use std::{fmt, time::Duration};

use common::{
    event::{Timestamp, WireMessage},
    ids::EventId,
};
use futures::TryStreamExt as _;
use mongodb::{
    Cursor, Database, Namespace,
    bson::{Document, RawDocumentBuf, deserialize_from_document, deserialize_from_slice, doc},
    options::{UpdateOneModel, WriteModel},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{StoreError, connect::within, execute, fetch_all};

/// Matches the documents whose outbox holds something; also the partial filter of the index on them.
pub(crate) const PENDING: &str = "outbox.0";

/// The most events of one aggregate that may wait: a document may not outgrow MongoDB's 16 MiB.
pub const MAX_ENTRIES: usize = 64;
const MAX_BYTES: usize = 4 << 20;
/// Aggregates with waiting events are counted up to this number.
const MAX_COUNTED: i64 = 10_000;
/// The timeout of reads that no client waits for.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(10);

/// An event that waits to be published, encoded once, when it was committed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OutboxEntry {
    pub(crate) id: EventId,
    /// When it was committed.
    pub(crate) at: Timestamp,
    subject: String,
    headers: Vec<(String, String)>,
    /// JSON, as text, so that it can be read in the database's shell.
    payload: String,
}

impl OutboxEntry {
    pub(super) fn new(id: EventId, at: Timestamp, message: WireMessage) -> Self {
        Self {
            id,
            at,
            subject: message.subject,
            headers: message.headers,
            payload: String::from_utf8_lossy(&message.payload).into_owned(),
        }
    }

    pub(crate) fn into_message(self) -> WireMessage {
        WireMessage {
            subject: self.subject,
            headers: self.headers,
            payload: self.payload.into(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        self.subject.len() + headers + self.payload.len()
    }
}

/// An entry of the outbox as a command remembers it: without its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaitingEvent {
    pub(super) id: EventId,
    bytes: usize,
}

impl From<&OutboxEntry> for WaitingEvent {
    fn from(entry: &OutboxEntry) -> Self {
        Self {
            id: entry.id,
            bytes: entry.bytes(),
        }
    }
}

/// Whether `waiting` leaves no room for `next`.
pub(super) fn is_full(waiting: &[WaitingEvent], next: &OutboxEntry) -> bool {
    let bytes: usize = waiting.iter().map(|event| event.bytes).sum();
    waiting.len() >= MAX_ENTRIES || bytes + next.bytes() > MAX_BYTES
}

/// A hash of the client's request, to distinguish a retry from another request with the same key.
///
/// # Errors
/// If it cannot be serialised; all such requests would seem to be the same.
pub(super) fn fingerprint<R: Serialize>(request: &R) -> Result<String, StoreError> {
    let json = serde_json::to_vec(request).map_err(StoreError::Request)?;
    Ok(hex::encode(Sha256::digest(json)))
}

/// Where an aggregate is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct AggregateKey {
    pub(crate) collection: &'static str,
    pub(crate) id: String,
}

impl fmt::Display for AggregateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.collection, self.id)
    }
}

/// Events of one aggregate that wait, in order.
#[derive(Debug)]
pub(crate) struct PendingEvents {
    pub(crate) key: AggregateKey,
    pub(crate) events: Vec<OutboxEntry>,
}

/// An aggregate with waiting events.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    /// The size of the whole document.
    pub(crate) bytes: u64,
    /// How many events wait.
    pub(crate) events: u64,
}

/// How much waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) events: u64,
    pub(crate) oldest: Option<Timestamp>,
}

/// All outboxes of one service; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Outboxes {
    database: Database,
    pub(crate) collections: Vec<&'static str>,
}

impl Outboxes {
    pub(crate) fn new(database: Database, collections: &[&'static str]) -> Self {
        Self {
            database,
            collections: collections.to_vec(),
        }
    }

    /// The aggregates of `collection` with events that have waited for `age` or longer. By the index on the outboxes,
    /// so about the oldest first.
    pub(crate) async fn list(
        &self,
        collection: &'static str,
        age: Duration,
    ) -> Result<Cursor<Listed>, StoreError> {
        let before = Timestamp::now().minus(age).to_string();
        let pending = doc! { PENDING: { "$exists": true }, "outbox.at": { "$lte": before } };
        let sizes = doc! { "bytes": { "$bsonSize": "$$ROOT" }, "events": { "$size": "$outbox" } };
        let documents = self.database.collection(collection);
        in_background(async { Ok(documents.find(pending).projection(sizes).await?) }).await
    }

    /// The waiting events of the aggregates `ids`. One that cannot be read is an error of its own.
    pub(crate) async fn read(
        &self,
        collection: &'static str,
        ids: &[String],
    ) -> Result<Vec<(AggregateKey, Result<Vec<OutboxEntry>, StoreError>)>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            outbox: Vec<OutboxEntry>,
        }
        let documents = self.database.collection::<RawDocumentBuf>(collection);
        let found: Vec<RawDocumentBuf> = in_background(async {
            let find = documents.find(doc! { "_id": { "$in": ids } });
            let found = find.projection(doc! { "outbox": 1 }).await?;
            Ok(found.try_collect().await?)
        })
        .await?;
        let read = |document: RawDocumentBuf| {
            let key = AggregateKey {
                collection,
                id: document.get_str("_id").unwrap_or_default().to_owned(),
            };
            let events = deserialize_from_slice(document.as_bytes()).map(|row: Row| row.outbox);
            (key, events.map_err(StoreError::from))
        };
        Ok(found.into_iter().map(read).collect())
    }

    /// Removes published events from their outboxes, all in one request.
    pub(crate) async fn clear(&self, published: Vec<(AggregateKey, Vec<EventId>)>) -> Result<(), StoreError> {
        let clear = |(key, events): (AggregateKey, Vec<EventId>)| -> WriteModel {
            let events: Vec<String> = events.iter().map(EventId::to_string).collect();
            UpdateOneModel::builder()
                .namespace(Namespace::new(self.database.name(), key.collection))
                .filter(doc! { "_id": key.id })
                .update(doc! { "$pull": { "outbox": { "id": { "$in": events } } } })
                .build()
                .into()
        };
        if published.is_empty() {
            return Ok(());
        }
        let models: Vec<WriteModel> = published.into_iter().map(clear).collect();
        execute(self.database.client().bulk_write(models).ordered(false))
            .await
            .map(drop)
    }

    /// How many events wait, and since when. Bounded: of a long backlog only the beginning is counted.
    pub(crate) async fn backlog(&self) -> Result<Backlog, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            events: u64,
            oldest: Timestamp,
        }
        let first = doc! { "$let": { "vars": { "first": { "$first": "$outbox" } }, "in": "$$first.at" } };
        let pipeline = [
            doc! { "$match": { PENDING: { "$exists": true } } },
            doc! { "$limit": MAX_COUNTED },
            doc! { "$group": {
                "_id": null,
                "events": { "$sum": { "$size": "$outbox" } },
                "oldest": { "$min": first },
            } },
        ];
        let mut backlog = Backlog::default();
        for collection in &self.collections {
            let documents = self.database.collection::<Document>(collection);
            for document in fetch_all(documents.aggregate(pipeline.clone())).await? {
                let Row { events, oldest } = deserialize_from_document(document)?;
                backlog.events += events;
                backlog.oldest = Some(backlog.oldest.map_or(oldest, |other| other.min(oldest)));
            }
        }
        Ok(backlog)
    }
}

/// Runs an operation of the relay, for which no client waits.
pub(crate) async fn in_background<T>(
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    within(BACKGROUND_TIMEOUT, operation).await
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_request_that_cannot_be_serialised_equals_no_other() {
        assert_ne!(fingerprint(&"a").unwrap(), fingerprint(&"b").unwrap());
        let unserialisable = HashMap::from([(vec![1], 2)]);
        assert!(matches!(
            fingerprint(&unserialisable),
            Err(StoreError::Request(_))
        ));
    }
}
