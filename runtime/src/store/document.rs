//! The document of an aggregate, and how the typed state is read from it and written to it.

use common::event::{AggregateState, event_type};
use mongodb::bson::{
    Document, RawDocumentBuf, deserialize_from_document, deserialize_from_slice, serialize_to_document,
};
use serde::Deserialize;

use super::{
    Aggregate, Change, StoreError, Stored, last_event::LastEvent, outbox::OutboxEntry, unknown::merge,
};

/// The fields of a document that the store owns. Beside them are private ones of the service.
#[derive(Deserialize)]
pub(super) struct StoredDocument {
    #[serde(rename = "_id")]
    id: String,
    version: i64,
    state: RawDocumentBuf,
    outbox: Vec<OutboxEntry>,
    pub(super) last_event: LastEvent,
    pub(super) request_hash: Option<String>,
}

impl StoredDocument {
    /// Reads the state.
    pub(super) fn read<A: Aggregate>(self) -> Result<Stored<A>, StoreError> {
        let state = deserialize_from_slice(self.state.as_bytes())
            .map_err(|error| StoreError::newer_release(name::<A>(&self.id), error))?;
        let newer_type = self.last_event.newer_type::<A>(&state).map(str::to_owned);
        Ok(Stored {
            id: self.id,
            version: u64::try_from(self.version).unwrap_or_default(),
            state,
            outbox: self.outbox.iter().map(Into::into).collect(),
            document: Some(self.state),
            newer_type,
        })
    }
}

impl<A: Aggregate> Stored<A> {
    /// Refuses to publish the state if the newest event is of a newer type: a later version without its new fields
    /// would erase them in the log and in all read models.
    pub(super) fn reject_newer(&self) -> Result<(), StoreError> {
        match &self.newer_type {
            Some(newer) => Err(StoreError::newer_release(
                name::<A>(&self.id),
                format!("its newest event is a {newer}"),
            )),
            None => Ok(()),
        }
    }
}

/// The state to be stored for `change` on `prior`: what this release does not know of it is retained.
///
/// # Errors
/// [`StoreError::NewerRelease`] if something would be lost, in the document or in the event.
pub(super) fn next_state<A: Aggregate>(
    prior: &Stored<A>,
    change: &Change<A>,
) -> Result<NextState, StoreError> {
    let next = serialize_to_document(&change.state).map_err(StoreError::Serialize)?;
    let unchanged = |state| NextState {
        state,
        document: None,
    };
    // A tombstone holds no content, whichever release has written it.
    let Some(stored) = prior.document.as_ref().filter(|_| !is_deletion::<A>(change)) else {
        return Ok(unchanged(next));
    };
    prior.reject_newer()?;
    let stored = Document::try_from(&**stored)?;
    let known = serialize_to_document(&prior.state).map_err(StoreError::Serialize)?;
    match merge(&stored, &known, &next, reads_as::<A>) {
        Ok(Some(merged)) => Ok(NextState {
            document: Some(RawDocumentBuf::try_from(&merged)?),
            state: merged,
        }),
        Ok(None) => Ok(unchanged(next)),
        Err(error) => Err(StoreError::newer_release(name::<A>(&prior.id), error)),
    }
}

/// A state to be stored.
pub(super) struct NextState {
    pub(super) state: Document,
    /// The same, if it holds more than the typed state.
    pub(super) document: Option<RawDocumentBuf>,
}

fn reads_as<A: Aggregate>(document: &Document, state: &Document) -> bool {
    let read = deserialize_from_document::<A>(document.clone());
    read.and_then(|read| serialize_to_document(&read))
        .is_ok_and(|read| read == *state)
}

fn is_deletion<A: Aggregate>(change: &Change<A>) -> bool {
    event_type(A::Public::type_name(change.fact)).is_some_and(|event| event.fact == "deleted")
}

fn name<A: Aggregate>(id: &str) -> String {
    format!("{} {id}", A::Public::KIND.as_str())
}
