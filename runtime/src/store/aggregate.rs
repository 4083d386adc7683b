//! What the store knows of an aggregate, and what a decision hands it.

use common::{
    consistency::ConsistencyToken,
    event::{AggregateState, Received},
    ids::{EventId, UserId},
};
use mongodb::bson::Document;
use serde::{Serialize, de::DeserializeOwned};

use super::outbox::OutboxEntry;

/// A service's own state of an aggregate, private parts included.
pub trait Aggregate: Serialize + DeserializeOwned + Clone + Send + Sync + Unpin + 'static {
    /// What its events carry.
    type Public: AggregateState;

    /// The collection it lives in.
    const COLLECTION: &'static str;

    /// The state that its events carry: no secret, nothing that only its owner may read.
    fn public(&self) -> Self::Public;

    /// The user who creates it, if a user does: once that account is deleted, nothing more of it is created.
    fn owner(&self) -> Option<UserId> {
        None
    }
}

/// What can happen to the aggregate `A`.
pub type Fact<A> = <<A as Aggregate>::Public as AggregateState>::Fact;

/// An aggregate as it stands in the database.
#[derive(Debug, Clone)]
pub struct Stored<A> {
    /// Its id as in subjects and tokens.
    pub id: String,
    /// Its version, from 1.
    pub version: u64,
    /// Its state.
    pub state: A,
    /// Events that were not yet seen to be published when it was read.
    pub(super) outbox: Vec<OutboxEntry>,
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

/// What a domain function decided: the state to be, and what happened.
#[derive(Debug, Clone)]
pub struct Change<A: Aggregate> {
    /// The state after it.
    pub state: A,
    /// What happened.
    pub fact: Fact<A>,
    /// Update operators for the service's private fields of the same document, e.g. `{$unset: {email: ""}}`.
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
    /// What the client asked for, hashed, when it sent an idempotency key.
    pub request_hash: Option<String>,
}

impl<A: Aggregate> NewAggregate<A> {
    /// An aggregate that begins as `state` with `fact`.
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

    /// Makes the creation repeatable: the same `request` again finds the first result. `None` leaves it as it is.
    #[must_use]
    pub fn with_request<R: Serialize>(mut self, request: Option<&R>) -> Self {
        self.request_hash = request.map(super::outbox::fingerprint);
        self
    }
}

/// What came of a creation.
#[derive(Debug, Clone)]
pub enum Created<A> {
    /// It was created just now.
    New(Stored<A>),
    /// It was there: an earlier request with the same idempotency key made it.
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

/// Who and what led to a command; it goes into the headers of the events that come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Groups all that came of one request.
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

    /// `service` does it by itself, e.g. on a schedule or at an operator's command.
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
