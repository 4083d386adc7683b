//! Aggregates and decisions as the store takes and returns them.

use common::{
    consistency::ConsistencyToken,
    event::{AggregateState, Received},
    ids::{EventId, UserId},
};
use mongodb::bson::{Document, RawDocumentBuf};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Index, StoreError,
    outbox::{WaitingEvent, fingerprint},
};

/// A service's own state of an aggregate, private parts included.
pub trait Aggregate: Serialize + DeserializeOwned + Clone + Send + Sync + Unpin + 'static {
    /// The state that its events carry.
    type Public: AggregateState;

    /// The collection of its documents.
    const COLLECTION: &'static str;

    /// The state that its events carry: no secret, nothing that only its owner may read.
    fn public(&self) -> Self::Public;

    /// The user whose content it is, unless it is a tombstone: once that account is deleted, the user can write nothing
    /// more of it.
    fn owner(&self) -> Option<UserId> {
        None
    }

    /// The indexes of its collection, besides that of the outbox.
    fn indexes() -> Vec<Index> {
        Vec::new()
    }
}

/// The facts of the aggregate `A`.
pub type Fact<A> = <<A as Aggregate>::Public as AggregateState>::Fact;

/// An aggregate as it was read from the database or written there.
#[derive(Debug, Clone)]
pub struct Stored<A> {
    /// Its id as in subjects and tokens.
    pub id: String,
    /// Its version, from 1.
    pub version: u64,
    /// Its state.
    pub state: A,
    /// Events that were not known to be published when it was read.
    pub(super) outbox: Vec<WaitingEvent>,
    /// The state as it is in the database, if it may hold fields that this release does not know.
    pub(super) document: Option<RawDocumentBuf>,
    /// The type of its newest event, if only a newer release publishes that.
    pub(super) newer_type: Option<String>,
}

impl<A: Aggregate> Stored<A> {
    /// The token with which a reader waits for this version.
    pub fn token(&self) -> ConsistencyToken {
        ConsistencyToken {
            kind: A::Public::KIND,
            id: self.id.clone(),
            version: self.version,
        }
    }
}

/// The decision of a domain function: the new state, and the fact.
#[derive(Debug, Clone)]
pub struct Change<A: Aggregate> {
    /// The new state.
    pub state: A,
    /// What happened.
    pub fact: Fact<A>,
    /// Update operators for the service's private fields of the same document, e.g. `{$unset: {email: ""}}`.
    /// If the change creates the document, its private fields are those of `$set`.
    pub private: Document,
}

impl<A: Aggregate> Change<A> {
    /// The aggregate becomes `state` because of `fact`.
    pub fn new(state: A, fact: Fact<A>) -> Self {
        Self {
            state,
            fact,
            private: Document::new(),
        }
    }

    /// Also applies `operators` to private fields, in the same write.
    #[must_use]
    pub fn with_private(mut self, operators: Document) -> Self {
        self.private = operators;
        self
    }

    /// The same decision where there is no aggregate yet.
    pub(super) fn into_new(mut self) -> NewAggregate<A> {
        let fields = self.private.get_document_mut("$set").map(std::mem::take);
        NewAggregate::new(self.state, self.fact).with_private(fields.unwrap_or_default())
    }
}

/// An aggregate to be created.
#[derive(Debug, Clone)]
pub struct NewAggregate<A: Aggregate> {
    /// Its first state.
    pub state: A,
    /// The fact of its creation.
    pub fact: Fact<A>,
    /// Private fields beside the state.
    pub private: Document,
    /// The hash of the client's request, if it sent an idempotency key.
    pub request_hash: Option<String>,
}

impl<A: Aggregate> NewAggregate<A> {
    /// An aggregate created as `state` by `fact`.
    pub fn new(state: A, fact: Fact<A>) -> Self {
        Self {
            state,
            fact,
            private: Document::new(),
            request_hash: None,
        }
    }

    /// Also stores `fields` beside the state.
    #[must_use]
    pub fn with_private(mut self, fields: Document) -> Self {
        self.private = fields;
        self
    }

    /// Makes the creation idempotent: the same `request` again finds the first result. `None` changes nothing.
    ///
    /// # Errors
    /// If the request cannot be serialised.
    pub fn with_request<R: Serialize>(mut self, request: Option<&R>) -> Result<Self, StoreError> {
        self.request_hash = request.map(fingerprint).transpose()?;
        Ok(self)
    }
}

/// The result of a creation.
#[derive(Debug, Clone)]
pub enum Created<A> {
    /// It was created now.
    New(Stored<A>),
    /// An earlier request with the same idempotency key created it.
    Existing(Stored<A>),
}

impl<A> Created<A> {
    /// The aggregate, new or found.
    pub fn into_stored(self) -> Stored<A> {
        match self {
            Self::New(stored) | Self::Existing(stored) => stored,
        }
    }
}

/// Who and what caused a command; part of the headers of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Groups all events that follow from one request.
    pub correlation_id: String,
    /// The event that caused it, unless a request did.
    pub causation_id: Option<EventId>,
    /// `user:<id>` or `service:<name>`.
    pub actor: String,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

impl Cause {
    /// `user` asked for it in the request `correlation_id`.
    pub fn user(user: UserId, correlation_id: impl Into<String>, traceparent: Option<String>) -> Self {
        Self {
            correlation_id: correlation_id.into(),
            causation_id: None,
            actor: format!("user:{user}"),
            traceparent,
        }
    }

    /// `service` does it on its own, e.g. on a schedule or at an operator's command.
    pub fn service(service: &str, correlation_id: impl Into<String>) -> Self {
        Self {
            correlation_id: correlation_id.into(),
            causation_id: None,
            actor: format!("service:{service}"),
            traceparent: None,
        }
    }

    /// `service` does it because of `event`.
    pub fn event(service: &str, event: &Received) -> Self {
        Self {
            correlation_id: event.envelope.correlation_id.clone(),
            causation_id: Some(event.envelope.id),
            actor: format!("service:{service}"),
            traceparent: event.envelope.traceparent.clone(),
        }
    }
}
