//! The outbox inside an aggregate's document.

use std::{collections::HashMap, time::Duration};

use common::{
    event::{AggregateState, Envelope, Timestamp, WireMessage, encode},
    ids::EventId,
};
use futures::TryStreamExt as _;
use mongodb::{
    Collection, Database, Namespace,
    bson::{Document, deserialize_from_document, doc},
    options::{UpdateOneModel, WriteModel},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Aggregate, Cause, StoreError, aggregate::Fact, bounded};

/// Matches the documents whose outbox holds something; also the partial filter of the index on them.
pub(crate) const PENDING: &str = "outbox.0";

/// No more events of one aggregate may wait: a document may not outgrow MongoDB's 16 MiB.
pub(crate) const MAX_ENTRIES: usize = 64;
const MAX_BYTES: usize = 4 << 20;

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
    pub(crate) fn into_message(self) -> WireMessage {
        WireMessage {
            subject: self.subject,
            headers: self.headers,
            payload: self.payload.into(),
        }
    }

    fn bytes(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        self.subject.len() + headers + self.payload.len()
    }
}

/// Whether `waiting` leaves no room for `next`.
pub(super) fn is_full(waiting: &[OutboxEntry], next: &OutboxEntry) -> bool {
    let bytes: usize = waiting.iter().chain([next]).map(OutboxEntry::bytes).sum();
    waiting.len() >= MAX_ENTRIES || bytes > MAX_BYTES
}

/// What a document remembers of its last event, so that `resync` can say it again, id and all.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LastEvent {
    id: EventId,
    type_name: String,
    at: Timestamp,
    correlation_id: String,
    causation_id: Option<EventId>,
    actor: String,
    traceparent: Option<String>,
}

impl LastEvent {
    pub(super) fn new<A: Aggregate>(fact: Fact<A>, cause: &Cause) -> Self {
        Self {
            id: EventId::generate(),
            type_name: A::Public::type_name(fact).to_owned(),
            at: Timestamp::now(),
            correlation_id: cause.correlation_id.clone(),
            causation_id: cause.causation_id,
            actor: cause.actor.clone(),
            traceparent: cause.traceparent.clone(),
        }
    }

    /// The event for the log. The fact is found by its type's name; one that was renamed since reads as the
    /// newest type of the same fact.
    pub(super) fn encode<A: Aggregate>(
        &self,
        service: &str,
        version: u64,
        state: &A,
    ) -> Result<OutboxEntry, StoreError> {
        let envelope = Envelope {
            id: self.id,
            service: service.to_owned(),
            time: self.at,
            aggregate_version: version,
            correlation_id: self.correlation_id.clone(),
            causation_id: self.causation_id,
            actor: self.actor.clone(),
            traceparent: self.traceparent.clone(),
        };
        let event = state.public().into_event_named(&self.type_name);
        let message = encode(&envelope, &event)?;
        Ok(OutboxEntry {
            id: self.id,
            at: self.at,
            subject: message.subject,
            headers: message.headers,
            payload: String::from_utf8_lossy(&message.payload).into_owned(),
        })
    }
}

/// A hash of what the client asked for, to tell a retry from another request under the same key.
pub(super) fn fingerprint<R: Serialize>(request: &R) -> String {
    let json = serde_json::to_vec(request).unwrap_or_default();
    hex::encode(Sha256::digest(json))
}

/// Events of one aggregate that wait, in order.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) collection: &'static str,
    pub(crate) id: String,
    pub(crate) events: Vec<OutboxEntry>,
}

/// What waits in `collection` for `age` or longer, at most `limit` aggregates.
pub(crate) async fn waiting(
    database: &Database,
    collection: &'static str,
    age: Duration,
    limit: usize,
) -> Result<Vec<Waiting>, StoreError> {
    #[derive(Deserialize)]
    struct Pending {
        #[serde(rename = "_id")]
        id: String,
        outbox: Vec<OutboxEntry>,
    }
    let documents: Collection<Document> = database.collection(collection);
    let before = Timestamp::now().minus(age).to_string();
    let filter = doc! { PENDING: { "$exists": true }, "outbox.at": { "$lte": before } };
    bounded(async {
        let found = documents
            .find(filter)
            .projection(doc! { "outbox": 1 })
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .await?;
        let found: Vec<Document> = found.try_collect().await?;
        let read = |document| {
            let Pending { id, outbox } = deserialize_from_document(document)?;
            Ok(Waiting {
                collection,
                id,
                events: outbox,
            })
        };
        found.into_iter().map(read).collect()
    })
    .await
}

/// Takes published events out of their outboxes again: for each aggregate, by collection and id, the events' ids.
pub(crate) async fn clear(
    database: &Database,
    published: HashMap<(&'static str, String), Vec<EventId>>,
) -> Result<(), StoreError> {
    let models: Vec<WriteModel> = published
        .into_iter()
        .map(|((collection, id), events)| {
            let events: Vec<String> = events.iter().map(EventId::to_string).collect();
            UpdateOneModel::builder()
                .namespace(Namespace::new(database.name(), collection))
                .filter(doc! { "_id": id })
                .update(doc! { "$pull": { "outbox": { "id": { "$in": events } } } })
                .build()
                .into()
        })
        .collect();
    if models.is_empty() {
        return Ok(());
    }
    bounded(async {
        Ok(database
            .client()
            .bulk_write(models)
            .ordered(false)
            .await
            .map(drop)?)
    })
    .await
}
