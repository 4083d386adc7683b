//! A projection: reads the whole log in order from its own checkpoint and applies it in batches.
//!
//! The checkpoint is stored after the writes of a batch, so a crash in between applies the batch again, which is
//! harmless: versions guard the writes. A log that was deleted and recreated is recognised by its creation time and
//! read from its beginning. The checkpoint is also reported to the bus, for tools that have no access to the database.

mod checkpoint;
mod progress;

use std::{fmt, time::Duration};

use async_nats::{
    Message,
    jetstream::{
        consumer::{DeliverPolicy, pull},
        stream::{Info, Stream},
    },
};
use common::{
    error::chain,
    event::{DecodeError, Received, STREAM, Timestamp},
};
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

pub use self::checkpoint::Checkpoint;
use self::progress::Progress;
use super::{
    Bus, DeadLetter, PublishError,
    message::{is_redrive_for_other, read},
};
use crate::store::StoreError;

/// The most events in one batch, and about the most bytes of their bodies.
const MAX_BATCH: usize = 500;
const MAX_BATCH_BYTES: usize = 8 << 20;
/// How often an idle reader checks whether the log is still the same.
const IDENTITY_CHECK: Duration = Duration::from_secs(2);
/// The delay before the log is opened again after a failure.
const REOPEN_DELAY: Duration = Duration::from_millis(500);

/// One event of the log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Its sequence in the log.
    pub sequence: u64,
    /// When the log stored it.
    pub stored_at: Timestamp,
    /// The event.
    pub event: Received,
}

/// Events in the order of the log.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events, without those that cannot be decoded.
    pub entries: Vec<LogEntry>,
    /// The checkpoint once they are applied.
    pub checkpoint: Checkpoint,
    /// How many events follow this batch, as the server knew when it sent the last one.
    pub pending: u64,
}

/// A read model that is built from the log.
pub trait Projection: Send {
    /// Its name among consumers, for dead letters and metrics.
    fn name(&self) -> &str;

    /// Its key in [`CHECKPOINTS_BUCKET`](common::event::topology::CHECKPOINTS_BUCKET): its name, unless several of that
    /// name run.
    fn progress_key(&self) -> &str {
        self.name()
    }

    /// Its stored checkpoint.
    fn checkpoint(&self) -> impl Future<Output = Result<Checkpoint, StoreError>> + Send;

    /// Applies `batch` and then stores its checkpoint. It may receive the same events again.
    fn apply(&mut self, batch: Batch) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Why a projection was interrupted. It continues from its checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The log was deleted and recreated.
    #[error("the log was replaced by another")]
    Replaced,
    /// A dead letter could not be stored.
    #[error("a dead letter could not be stored")]
    DeadLetter(#[from] PublishError),
    /// The batch could not be applied.
    #[error("the batch could not be applied")]
    Apply(#[from] StoreError),
}

/// The log, read in order.
pub struct LogReader {
    bus: Bus,
    consumer: String,
    stream: Stream<Info>,
    log_created: String,
    /// How often the connection had been made when the subscription was.
    connects: u64,
    messages: pull::Ordered,
    position: u64,
    next_check: Instant,
}

impl fmt::Debug for LogReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogReader")
            .field("consumer", &self.consumer)
            .field("position", &self.position)
            .finish()
    }
}

impl LogReader {
    /// Opens the log after `checkpoint`, or at its beginning if the checkpoint belongs to another log.
    ///
    /// # Errors
    /// If the bus is unavailable or there is no log.
    pub async fn open(bus: &Bus, consumer: &str, checkpoint: &Checkpoint) -> Result<Self, ProjectionError> {
        let connects = bus.connects();
        let stream = bus
            .jetstream
            .get_stream(STREAM)
            .await
            .map_err(|error| ProjectionError::Log(error.into()))?;
        let info = stream.cached_info();
        let log_created = info.created.to_string();
        let same_log =
            checkpoint.log_created == log_created && checkpoint.sequence <= info.state.last_sequence;
        let position = if same_log { checkpoint.sequence } else { 0 };
        let config = pull::OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: position + 1,
            },
            ..pull::OrderedConfig::default()
        };
        let ordered = stream
            .create_consumer(config)
            .await
            .map_err(|error| ProjectionError::Log(error.into()))?;
        let messages = ordered
            .messages()
            .await
            .map_err(|error| ProjectionError::Log(error.into()))?;
        Ok(Self {
            bus: bus.clone(),
            consumer: consumer.to_owned(),
            stream,
            log_created,
            connects,
            messages,
            position,
            next_check: Instant::now() + IDENTITY_CHECK,
        })
    }

    /// The next events, as soon as there is one; an empty batch if there was none for two seconds.
    ///
    /// # Errors
    /// If the log can no longer be read, or was replaced.
    pub async fn next_batch(&mut self) -> Result<Batch, ProjectionError> {
        let mut batch = Batch {
            checkpoint: Checkpoint {
                log_created: self.log_created.clone(),
                sequence: self.position,
            },
            ..Batch::default()
        };
        let Ok(first) = timeout_at(self.next_check, self.messages.next()).await else {
            self.check_identity().await?;
            return Ok(batch);
        };
        if Instant::now() >= self.next_check {
            self.check_identity().await?;
        }
        let (mut next, mut bytes) = (Some(first), 0);
        while let Some(message) = next {
            let message = message
                .ok_or_else(|| ProjectionError::Log("the subscription ended".into()))?
                .map_err(|error| ProjectionError::Log(error.into()))?;
            self.take(&message, &mut batch).await?;
            bytes += message.payload.len();
            // Only messages that have arrived already.
            next = if batch.entries.len() < MAX_BATCH && bytes < MAX_BATCH_BYTES {
                self.messages.next().now_or_never()
            } else {
                None
            };
        }
        Ok(batch)
    }

    async fn take(
        &mut self,
        message: &async_nats::jetstream::Message,
        batch: &mut Batch,
    ) -> Result<(), ProjectionError> {
        let info = message.info().map_err(ProjectionError::Log)?;
        let sequence = info.stream_sequence;
        batch.pending = info.pending;
        let stored_at = info.published.unix_timestamp_nanos() / 1_000_000;
        match read(message) {
            _ if is_redrive_for_other(message, &self.consumer) => {}
            Ok(event) => batch.entries.push(LogEntry {
                sequence,
                stored_at: i64::try_from(stored_at)
                    .ok()
                    .and_then(Timestamp::from_millis)
                    .unwrap_or_else(Timestamp::now),
                event,
            }),
            Err(error) => dead_letter(&self.bus, &self.consumer, message, sequence, &error).await?,
        }
        self.position = sequence;
        batch.checkpoint.sequence = sequence;
        Ok(())
    }

    /// An ordered consumer that is recreated after an outage continues at its old sequence, even in a new log, whose
    /// first events it would skip.
    async fn check_identity(&mut self) -> Result<(), ProjectionError> {
        self.next_check = Instant::now() + IDENTITY_CHECK;
        if self.bus.connects() != self.connects {
            // The subscription may have ended with the server's process, which it would notice much later.
            return Err(ProjectionError::Log("the connection was replaced".into()));
        }
        let info = self
            .stream
            .get_info()
            .await
            .map_err(|error| ProjectionError::Log(error.into()))?;
        if info.created.to_string() == self.log_created {
            Ok(())
        } else {
            Err(ProjectionError::Replaced)
        }
    }
}

/// Not a method: a reader is not `Sync`, and a future that borrows it whole could not be spawned.
async fn dead_letter(
    bus: &Bus,
    consumer: &str,
    message: &Message,
    sequence: u64,
    error: &DecodeError,
) -> Result<(), ProjectionError> {
    let reason = chain(error);
    let letter = DeadLetter {
        consumer,
        message,
        sequence,
        attempts: 1,
        reason,
    };
    Ok(bus.dead_letter(&letter).await?)
}

/// Projects until `shutdown`, and continues from the checkpoint after every failure. A batch in progress is finished.
/// May be called again with a new projection, also after a panic.
pub async fn run_projection<P: Projection>(bus: &Bus, projection: &mut P, shutdown: &CancellationToken) {
    // Each reason is logged once: it is attempted again twice a second.
    let mut logged = None;
    while !shutdown.is_cancelled() {
        let result = project(bus, projection, shutdown, &mut logged).await;
        if let Err(error) = result.map_err(|error| chain(&error))
            && logged.as_ref() != Some(&error)
        {
            tracing::warn!(projection = projection.name(), error, "interrupted");
            logged = Some(error);
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(REOPEN_DELAY) => {}
        }
    }
}

async fn project<P: Projection>(
    bus: &Bus,
    projection: &mut P,
    shutdown: &CancellationToken,
    interrupted: &mut Option<String>,
) -> Result<(), ProjectionError> {
    let checkpoint = projection.checkpoint().await?;
    let mut reader = LogReader::open(bus, projection.name(), &checkpoint).await?;
    let mut progress = Progress::new(bus, projection.progress_key());
    loop {
        let batch = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            batch = reader.next_batch() => batch?,
        };
        let reached = batch.checkpoint.clone();
        projection.apply(batch).await?;
        if interrupted.take().is_some() {
            tracing::info!(projection = projection.name(), "it continues");
        }
        progress.report(&reached);
    }
}
