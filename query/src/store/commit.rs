//! The transaction of a batch.

use std::time::Duration;

use mongodb::{
    Client, ClientSession,
    bson::doc,
    error::{Result, TRANSIENT_TRANSACTION_ERROR},
    options::WriteModel,
};
use runtime::store::StoreError;

use super::meta::{Meta, Progress, checkpoint_id};

/// The most attempts at one transaction; each fails if another write of a document in it is in progress.
const MAX_ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

impl Meta {
    /// Writes `models` and the progress of `generation`: both or neither.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another projector has acquired `generation`.
    pub async fn commit(
        &self,
        generation: u32,
        progress: &Progress,
        models: &[WriteModel],
    ) -> std::result::Result<(), StoreError> {
        let id = checkpoint_id(generation);
        for attempt in 1.. {
            match self.try_commit(&id, progress, models).await {
                Ok(true) => return Ok(()),
                Ok(false) => break,
                Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) && attempt < MAX_ATTEMPTS => {
                    tokio::time::sleep(PAUSE * attempt).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict { id })
    }

    async fn try_commit(&self, id: &str, progress: &Progress, models: &[WriteModel]) -> Result<bool> {
        let mut session = self.client().start_session().await?;
        let written = self.write(&mut session, id, progress, models).await;
        if let Ok(true) = written {
            session.commit_transaction().await?;
        } else {
            // Its failure is that of the transaction.
            let _ = session.abort_transaction().await;
        }
        written
    }

    /// Writes in a new transaction of `session`; returns false if the projector no longer holds its term.
    async fn write(
        &self,
        session: &mut ClientSession,
        id: &str,
        progress: &Progress,
        models: &[WriteModel],
    ) -> Result<bool> {
        session.start_transaction().await?;
        let own_term = doc! { "_id": id, "term": progress.term };
        let update = doc! { "$set": progress.fields() };
        let checkpoints = self.checkpoints.update_one(own_term, update);
        if checkpoints.session(&mut *session).await?.matched_count == 0 {
            return Ok(false);
        }
        if !models.is_empty() {
            let writes = self.client().bulk_write(models.to_vec());
            writes.session(&mut *session).await?;
        }
        Ok(true)
    }

    /// Ends as [`commit`](Self::commit) does at a crash before its end.
    #[cfg(test)]
    pub async fn write_and_crash(&self, generation: u32, progress: &Progress, models: &[WriteModel]) {
        let mut session = self.client().start_session().await.unwrap();
        let id = checkpoint_id(generation);
        let written = self.write(&mut session, &id, progress, models).await;
        assert!(written.unwrap(), "the projector holds its term");
        session.abort_transaction().await.unwrap();
    }

    fn client(&self) -> &Client {
        self.checkpoints.client()
    }
}
