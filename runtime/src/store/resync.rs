//! Saying the present state of every aggregate again, so that even a deleted log can be rebuilt.

use common::event::WireMessage;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use mongodb::bson::{deserialize_from_document, doc};

use super::{Aggregate, AggregateStore, StoreError, repository::StoredDocument};

impl<A: Aggregate> AggregateStore<A> {
    /// The last event of every aggregate, tombstones included, with the id, version and time it had. A consumer
    /// that has seen it ignores it; one that has not catches up.
    ///
    /// # Errors
    /// If the database is away; an item is an error where a document cannot be read.
    pub async fn last_events(
        &self,
    ) -> Result<impl Stream<Item = Result<WireMessage, StoreError>> + Send + use<A>, StoreError> {
        let service = self.service;
        let documents = self.collection.find(doc! {}).sort(doc! { "_id": 1 }).await?;
        Ok(documents.map_err(StoreError::from).map(move |document| {
            let document: StoredDocument<A> = deserialize_from_document(document?)?;
            let last_event = document.last_event.clone();
            let stored = document.into_stored();
            Ok(last_event
                .encode(service, stored.version, &stored.state)?
                .into_message())
        }))
    }
}
