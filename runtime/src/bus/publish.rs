//! Publishing to the log: one by one when few events wait, in atomic batches when many do.
//!
//! Only the relay and `resync` call this. With `sync_interval: always` the server syncs its disk once for each
//! acknowledgement, so a batch of 128 publishes several times as many events in the same time.

use std::{collections::HashSet, time::Duration};

use async_nats::{
    HeaderMap,
    jetstream::{
        context::{PublishError as JetStreamError, PublishErrorKind},
        response::Response,
    },
};
use common::event::WireMessage;
use futures::future::join_all;
use serde::Deserialize;

use super::{Bus, message::header_map};

/// From this many messages on, a batch is faster than single messages sent at once.
const BATCH_FROM: usize = 8;
/// The most messages of one batch.
const MAX_BATCH: usize = 128;
/// The most single messages that wait for their acknowledgements at the same time.
const CONCURRENCY: usize = 32;
/// The timeout of a batch's commit.
const BATCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The headers of a batch take no more than this many bytes of each message.
const BATCH_HEADERS: usize = 256;

/// Why a message was not acknowledged. It may be in the log all the same; publishing it again does no harm.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is no connection, or the server acknowledges nothing.
    #[error("the bus is unavailable")]
    Unavailable(#[source] Option<JetStreamError>),
    /// The message is larger than the server accepts.
    #[error("{subject} has {bytes} bytes, more than the bus accepts ({limit})")]
    TooLarge {
        /// The message's subject.
        subject: String,
        /// Its size with headers.
        bytes: usize,
        /// The server's `max_payload`.
        limit: usize,
    },
    /// The account may not publish to the subject.
    #[error("the bus does not permit {subject}")]
    Forbidden {
        /// The message's subject.
        subject: String,
    },
    /// The server acknowledged other messages, but not this one.
    #[error("{subject} was not acknowledged")]
    NotAcknowledged {
        /// The message's subject.
        subject: String,
        /// Why.
        source: JetStreamError,
    },
}

impl PublishError {
    /// The cause in one word, for metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Forbidden { .. } => "forbidden",
            Self::Unavailable(None) => "disconnected",
            Self::Unavailable(Some(source)) | Self::NotAcknowledged { source, .. } => match source.kind() {
                PublishErrorKind::TimedOut => "timeout",
                PublishErrorKind::StreamNotFound => "no_stream",
                _ => "refused",
            },
        }
    }

    /// Whether the message itself is the cause, so that others can be published meanwhile.
    pub(crate) fn is_of_message(&self) -> bool {
        !matches!(self, Self::Unavailable(_))
    }

    /// The same error where no message was acknowledged.
    fn of_bus(self) -> Self {
        match self {
            Self::NotAcknowledged { source, .. } => Self::Unavailable(Some(source)),
            other => other,
        }
    }
}

/// The result of one sequence of messages.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// How many of its messages, from the first, are on the server's disk.
    pub(crate) acknowledged: usize,
    /// Why the next one is not; those after it were not sent.
    pub(crate) failure: Option<PublishError>,
}

/// A message of a sequence: the index of the sequence, and that of the message in it.
type Place = (usize, usize);

impl Bus {
    /// Publishes `sequences` and waits until the server has them on disk. The order within a sequence is kept: a
    /// message is sent after those before it were acknowledged, or in one atomic batch with them. A message that
    /// cannot be published stops its own sequence and no other.
    pub(crate) async fn publish(&self, sequences: &[Vec<WireMessage>]) -> Vec<Published> {
        let mut published = Vec::new();
        published.resize_with(sequences.len(), Published::default);
        loop {
            let places = self.next_places(sequences, &mut published);
            if places.is_empty() {
                return published;
            }
            if places.len() >= BATCH_FROM {
                let batch: Vec<&WireMessage> = places.iter().map(|(of, at)| &sequences[*of][*at]).collect();
                match self.publish_batch(&batch).await {
                    Ok(()) => {
                        for (of, _) in places {
                            published[of].acknowledged += 1;
                        }
                        continue;
                    }
                    // A batch is refused whole because of one message, e.g. one that is in the log already.
                    Err(error) => tracing::debug!(%error, messages = batch.len(), "batch refused"),
                }
            }
            self.publish_singly(sequences, places, &mut published).await;
        }
    }

    /// The messages to be sent next: some that fit into one batch, or a large one alone.
    fn next_places(&self, sequences: &[Vec<WireMessage>], published: &mut [Published]) -> Vec<Place> {
        let limit = self.client.max_payload();
        let mut places = Vec::new();
        for (of, (messages, published)) in sequences.iter().zip(published).enumerate() {
            if published.failure.is_some() {
                continue;
            }
            for (at, message) in messages.iter().enumerate().skip(published.acknowledged) {
                let bytes = wire_size(message);
                if !self.is_connected() {
                    published.failure = Some(PublishError::Unavailable(None));
                    break;
                }
                if bytes > limit {
                    // Those before it come first.
                    if at == published.acknowledged {
                        published.failure = Some(PublishError::TooLarge {
                            subject: message.subject.clone(),
                            bytes,
                            limit,
                        });
                    }
                    break;
                }
                let is_large = bytes + BATCH_HEADERS > limit;
                if places.is_empty() || !is_large {
                    places.push((of, at));
                }
                if is_large || places.len() == MAX_BATCH {
                    return places;
                }
            }
        }
        places
    }

    /// One by one, so that each message gets a result of its own.
    async fn publish_singly(
        &self,
        sequences: &[Vec<WireMessage>],
        mut places: Vec<Place>,
        published: &mut [Published],
    ) {
        while !places.is_empty() {
            // The first one of each sequence; the next one must wait for its acknowledgement.
            let mut seen = HashSet::new();
            let (round, later): (Vec<Place>, Vec<Place>) =
                places.into_iter().partition(|(of, _)| seen.insert(*of));
            for part in round.chunks(CONCURRENCY) {
                if !self.publish_part(sequences, part, published).await {
                    // Each further part would take one timeout more.
                    for unsent in published.iter_mut().filter(|of| of.failure.is_none()) {
                        unsent.failure = Some(PublishError::Unavailable(None));
                    }
                    return;
                }
            }
            places = later;
            places.retain(|(of, _)| published[*of].failure.is_none());
        }
    }

    /// Some messages at the same time; returns whether the server responds at all.
    async fn publish_part(
        &self,
        sequences: &[Vec<WireMessage>],
        part: &[Place],
        published: &mut [Published],
    ) -> bool {
        let sent = part.iter().map(|(of, at)| self.publish_one(&sequences[*of][*at]));
        let results = join_all(sent).await;
        let is_response = |result: &Result<(), PublishError>| {
            matches!(result, Ok(()) | Err(PublishError::Forbidden { .. }))
        };
        let is_responding = results.iter().any(is_response);
        for ((of, _), result) in part.iter().zip(results) {
            match result {
                Ok(()) => published[*of].acknowledged += 1,
                Err(error) if is_responding => published[*of].failure = Some(error),
                Err(error) => published[*of].failure = Some(error.of_bus()),
            }
        }
        is_responding
    }

    async fn publish_one(&self, message: &WireMessage) -> Result<(), PublishError> {
        let failed = |source| PublishError::NotAcknowledged {
            subject: message.subject.clone(),
            source,
        };
        let mut refusals = self.refusals.watch();
        let acknowledged = async {
            let sent = self.jetstream.publish_with_headers(
                message.subject.clone(),
                header_map(message),
                message.payload.clone(),
            );
            sent.await.map_err(failed)?.await.map_err(failed)
        };
        tokio::select! {
            acknowledged = acknowledged => acknowledged.map(drop),
            subject = refusals.refused(|subject| subject == message.subject) => {
                Err(PublishError::Forbidden { subject })
            }
        }
    }

    /// One atomic batch (NATS ADR-50): all messages carry the batch's id and their place in it; the last asks
    /// for the commit and gets the one acknowledgement.
    async fn publish_batch(&self, messages: &[&WireMessage]) -> Result<(), BatchError> {
        let Some((last, rest)) = messages.split_last() else {
            return Ok(());
        };
        let mut refusals = self.refusals.watch();
        let id = uuid::Uuid::now_v7().simple().to_string();
        for (index, message) in rest.iter().enumerate() {
            let headers = batch_headers(message, &id, index + 1);
            self.client
                .publish_with_headers(message.subject.clone(), headers, message.payload.clone())
                .await?;
        }
        let mut headers = batch_headers(last, &id, messages.len());
        headers.insert("Nats-Batch-Commit", "1");
        let commit = self
            .client
            .request_with_headers(last.subject.clone(), headers, last.payload.clone());
        let response = tokio::select! {
            response = tokio::time::timeout(BATCH_TIMEOUT, commit) => response??,
            subject = refusals.refused(|subject| messages.iter().any(|message| message.subject == subject)) => {
                return Err(BatchError::Forbidden(subject));
            }
        };
        match serde_json::from_slice::<Response<BatchAck>>(&response.payload)? {
            Response::Ok(ack) if ack.count == messages.len() => Ok(()),
            Response::Ok(ack) => Err(BatchError::Incomplete { count: ack.count }),
            Response::Err { error } => Err(BatchError::Refused(error)),
        }
    }
}

/// The size of `message` as the server counts it: headers and payload.
fn wire_size(message: &WireMessage) -> usize {
    let headers = message.headers.iter();
    // `NATS/1.0`, then `name: value` of each header, each line ending with CRLF, and an empty line.
    let headers: usize = headers.map(|(name, value)| name.len() + value.len() + 4).sum();
    "NATS/1.0".len() + 4 + headers + message.payload.len()
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
    #[error("no response to the commit")]
    Request(#[from] async_nats::RequestError),
    #[error("no response to the commit in time")]
    Timeout(#[from] tokio::time::error::Elapsed),
    #[error("the response cannot be read")]
    Response(#[from] serde_json::Error),
    #[error("only {count} messages were stored")]
    Incomplete { count: usize },
    #[error("the bus does not permit {0}")]
    Forbidden(String),
    #[error("{0}")]
    Refused(async_nats::jetstream::Error),
}
