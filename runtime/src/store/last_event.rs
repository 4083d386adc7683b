//! The last event of an aggregate.

use common::{
    event::{AggregateState, Envelope, Timestamp, encode},
    ids::EventId,
};
use serde::{Deserialize, Serialize};

use super::{Aggregate, Cause, StoreError, aggregate::Fact, outbox::OutboxEntry};

/// What a document remembers of its last event, so that `resync` can publish it again, id and all.
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

    /// The name of its type, if a release wrote it that publishes a newer one than this release: then the public state
    /// has fields that an event of this release would lack. (Types of one aggregate share the state, so a new field
    /// changes all of them.)
    pub(super) fn newer_type<A: Aggregate>(&self, state: &A) -> Option<&str> {
        let version = |name: &str| {
            name.rsplit_once(".v")
                .and_then(|(_, version)| version.parse::<u32>().ok())
        };
        let known = state.public().into_event_named(&self.type_name);
        let is_newer = match known.event_type() {
            Some(known) => version(&self.type_name) > version(known.name),
            // A fact that this release does not know.
            None => true,
        };
        is_newer.then_some(&*self.type_name)
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
        Ok(OutboxEntry::new(self.id, self.at, message))
    }
}
