//! Reading the last event of every aggregate, for `resync`.

use common::event::WireMessage;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use mongodb::bson::{RawDocumentBuf, deserialize_from_slice, doc};

use super::{Aggregate, AggregateStore, StoreError, document::StoredDocument};

impl<A: Aggregate> AggregateStore<A> {
    /// The last event of every aggregate, tombstones included, with the id, version and time it had. A consumer
    /// that has seen it ignores it; another one catches up.
    ///
    /// # Errors
    /// If the database is unavailable; an item is an error where a document cannot be read.
    pub async fn last_events(
        &self,
    ) -> Result<impl Stream<Item = Result<WireMessage, StoreError>> + Send + use<A>, StoreError> {
        let service = self.service;
        // As raw documents, so that one that cannot be read does not end the stream.
        let documents = self.documents_as::<RawDocumentBuf>();
        let documents = documents.find(doc! {}).sort(doc! { "_id": 1 }).await?;
        Ok(documents.map_err(StoreError::from).map(move |document| {
            let document: StoredDocument = deserialize_from_slice(document?.as_bytes())?;
            let last_event = document.last_event.clone();
            let stored = document.read::<A>()?;
            stored.reject_newer()?;
            let event = last_event.encode(service, stored.version, &stored.state)?;
            Ok(event.into_message())
        }))
    }
}
