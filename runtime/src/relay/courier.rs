//! The work of the relay without its memory: read, publish, clear.

use std::collections::BTreeMap;

use common::ids::EventId;

use super::error::RelayError;
use crate::{
    bus::{Bus, PublishError},
    store::{
        StoreError,
        outbox::{AggregateKey, OutboxEntry, Outboxes, PendingEvents},
    },
};

/// Publishes what is in the outboxes; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Courier {
    pub(super) outboxes: Outboxes,
    pub(super) bus: Bus,
}

/// Why the events of one aggregate were not published.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) key: AggregateKey,
    pub(super) error: Box<RelayError>,
}

impl Failure {
    /// The error, if it is one of the bus; the failure, if it is one of this aggregate.
    pub(super) fn of_bus(self) -> Result<PublishError, Self> {
        match *self.error {
            RelayError::Publish(error) if !error.is_of_message() => Ok(error),
            error => Err(Self {
                key: self.key,
                error: Box::new(error),
            }),
        }
    }
}

/// The result of a delivery.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) published: Vec<EventId>,
    pub(super) failures: Vec<Failure>,
    /// Whether the published ones were cleared.
    pub(super) cleared: Result<(), StoreError>,
}

/// The result of another attempt at blocked aggregates.
#[derive(Debug)]
pub(super) struct Retry {
    pub(super) keys: Vec<AggregateKey>,
    /// An error if their outboxes cannot be read.
    pub(super) delivery: Result<Delivery, StoreError>,
}

impl Courier {
    /// The waiting events of some aggregates.
    pub(super) async fn read(
        &self,
        keys: &[AggregateKey],
    ) -> Result<Vec<Result<PendingEvents, Failure>>, StoreError> {
        let mut by_collection: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for AggregateKey { collection, id } in keys {
            by_collection.entry(collection).or_default().push(id.clone());
        }
        let mut read = Vec::new();
        for (collection, ids) in by_collection {
            read.extend(self.read_from(collection, &ids).await?);
        }
        Ok(read)
    }

    /// The waiting events of some aggregates of one collection.
    pub(super) async fn read_from(
        &self,
        collection: &'static str,
        ids: &[String],
    ) -> Result<Vec<Result<PendingEvents, Failure>>, StoreError> {
        let read = self.outboxes.read(collection, ids).await?;
        let pending = |(key, events)| match events {
            Ok(events) => Ok(PendingEvents { key, events }),
            Err(error) => Err(Failure {
                key,
                error: Box::new(RelayError::Store(error)),
            }),
        };
        Ok(read.into_iter().map(pending).collect())
    }

    /// Publishes, and clears what was acknowledged. Events that `is_published` already are cleared only.
    pub(super) async fn deliver(
        &self,
        pending: Vec<Result<PendingEvents, Failure>>,
        is_published: impl Fn(&EventId) -> bool,
    ) -> Delivery {
        let (mut published, mut failures, mut cleared) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sent, mut sequences) = (Vec::new(), Vec::new());
        for pending in pending {
            let PendingEvents { key, events } = match pending {
                Ok(pending) => pending,
                Err(failure) => {
                    failures.push(failure);
                    continue;
                }
            };
            let (known, new): (Vec<OutboxEntry>, Vec<OutboxEntry>) =
                events.into_iter().partition(|event| is_published(&event.id));
            let ids = |events: &[OutboxEntry]| events.iter().map(|event| event.id).collect::<Vec<_>>();
            sent.push((key, ids(&known), ids(&new)));
            sequences.push(new.into_iter().map(OutboxEntry::into_message).collect());
        }
        let results = self.bus.publish(&sequences).await;
        for ((key, mut done, mut new), result) in sent.into_iter().zip(results) {
            new.truncate(result.acknowledged);
            published.extend_from_slice(&new);
            done.append(&mut new);
            if let Some(error) = result.failure {
                failures.push(Failure {
                    key: key.clone(),
                    error: Box::new(error.into()),
                });
            }
            if !done.is_empty() {
                cleared.push((key, done));
            }
        }
        Delivery {
            published,
            failures,
            // At once, whatever failed beside it.
            cleared: self.outboxes.clear(cleared).await,
        }
    }

    /// Another attempt at aggregates of which an event could not be published.
    pub(super) async fn retry(self, keys: Vec<AggregateKey>) -> Retry {
        let delivery = match self.read(&keys).await {
            Ok(pending) => Ok(self.deliver(pending, |_| false).await),
            Err(error) => Err(error),
        };
        Retry { keys, delivery }
    }
}
