//! Publishing to the log: one by one when few wait, as one atomic batch when many do.
//!
//! Only the relay and `resync` call this. With `sync_interval: always` the server syncs its disk once for each
//! acknowledgement, so a batch of 128 carries dozens of times the events that single messages do.

use std::{fmt, time::Duration};

use async_nats::{
    HeaderMap,
    jetstream::{context::PublishError as JetStreamError, response::Response},
};
use common::event::WireMessage;
use futures::future::join_all;
use serde::Deserialize;

use super::{Bus, message::header_map};

/// From this many messages on, a batch is faster than single messages sent at once.
const BATCH_FROM: usize = 8;

/// How long the commit of a batch may take.
const BATCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Why messages were not acknowledged. They may be in the log all the same; publishing them again does no harm.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is no connection.
    #[error("the bus is not connected")]
    Disconnected,
    /// The server did not take a message.
    #[error("{subject} was not acknowledged")]
    NotAcknowledged {
        /// The message's subject.
        subject: String,
        /// Why.
        source: JetStreamError,
    },
}

impl Bus {
    /// Publishes `messages` and waits until the server has them on disk.
    ///
    /// # Errors
    /// If one was not acknowledged; the others may have been.
    pub(crate) async fn publish(&self, messages: &[WireMessage]) -> Result<(), PublishError> {
        if !self.is_connected() {
            return Err(PublishError::Disconnected);
        }
        if messages.len() >= BATCH_FROM {
            match self.publish_batch(messages).await {
                Ok(()) => return Ok(()),
                // A batch is refused whole, for one message that is in the log already; one by one they pass.
                Err(error) => tracing::debug!(%error, messages = messages.len(), "batch refused"),
            }
        }
        for chunk in messages.chunks(BATCH_FROM * 4) {
            for result in join_all(chunk.iter().map(|message| self.publish_one(message))).await {
                result?;
            }
        }
        Ok(())
    }

    async fn publish_one(&self, message: &WireMessage) -> Result<(), PublishError> {
        let failed = |source| PublishError::NotAcknowledged {
            subject: message.subject.clone(),
            source,
        };
        self.jetstream
            .publish_with_headers(
                message.subject.clone(),
                header_map(message),
                message.payload.clone(),
            )
            .await
            .map_err(failed)?
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// One atomic batch (NATS ADR-50): all messages carry the batch's id and their place in it; the last asks
    /// for the commit and is answered with the one acknowledgement.
    async fn publish_batch(&self, messages: &[WireMessage]) -> Result<(), BatchError> {
        let Some((last, rest)) = messages.split_last() else {
            return Ok(());
        };
        let id = uuid::Uuid::now_v7().simple().to_string();
        for (index, message) in rest.iter().enumerate() {
            let headers = batch_headers(message, &id, index + 1);
            self.client
                .publish_with_headers(message.subject.clone(), headers, message.payload.clone())
                .await?;
        }
        let mut headers = batch_headers(last, &id, messages.len());
        headers.insert("Nats-Batch-Commit", "1");
        let request = self
            .client
            .request_with_headers(last.subject.clone(), headers, last.payload.clone());
        let answer = tokio::time::timeout(BATCH_TIMEOUT, request).await??;
        match serde_json::from_slice::<Response<BatchAck>>(&answer.payload)? {
            Response::Ok(ack) if ack.count == messages.len() => Ok(()),
            Response::Ok(ack) => Err(BatchError::Incomplete { count: ack.count }),
            Response::Err { error } => Err(BatchError::Refused(error)),
        }
    }
}

fn batch_headers(message: &WireMessage, id: &str, sequence: usize) -> HeaderMap {
    let mut headers = header_map(message);
    headers.insert("Nats-Batch-Id", id);
    headers.insert("Nats-Batch-Sequence", sequence.to_string());
    headers
}

#[derive(Deserialize)]
struct BatchAck {
    #[serde(default)]
    count: usize,
}

#[derive(Debug, thiserror::Error)]
enum BatchError {
    #[error("cannot send")]
    Send(#[from] async_nats::PublishError),
    #[error("no answer to the commit")]
    Request(#[from] async_nats::RequestError),
    #[error("no answer to the commit in time")]
    Timeout(#[from] tokio::time::error::Elapsed),
    #[error("the answer cannot be read")]
    Answer(#[from] serde_json::Error),
    #[error("only {count} messages were stored")]
    Incomplete { count: usize },
    #[error("{0}")]
    Refused(async_nats::jetstream::Error),
}

impl fmt::Display for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bus connection of {}", self.service())
    }
}
