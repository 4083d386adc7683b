//! Every stream and bucket, declared once. Only the provisioning step creates or changes them.

use std::time::Duration;

use async_nats::jetstream::{
    self,
    context::{CreateKeyValueError, CreateStreamError},
    kv, stream,
};

use super::dead_letter::{DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECTS};
use crate::{
    auth::{KEYS_BUCKET, REVOCATIONS_BUCKET},
    event::{STREAM, SUBJECT_PREFIX},
};

/// Subjects of notes that may be lost: `blog.live.<service>`.
pub const LIVE_SUBJECT_PREFIX: &str = "blog.live";

/// JetStream drops a second message of the same id for this long. Longer than any retry of the relay takes
/// while all is well; consumers need no deduplication, so this only keeps the log tidy.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// Ended sessions are remembered this long, a day more than the longest token lives.
const REVOCATION_AGE: Duration = Duration::from_secs(8 * 24 * 3600);

/// A stream or bucket could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// A stream could not be made or changed.
    #[error("the stream {name} cannot be provisioned")]
    Stream {
        /// Its name.
        name: String,
        /// Why.
        source: CreateStreamError,
    },
    /// A bucket could not be made or changed.
    #[error("the bucket {name} cannot be provisioned")]
    Bucket {
        /// Its name.
        name: String,
        /// Why.
        source: CreateKeyValueError,
    },
}

/// Creates what is missing and brings the rest to what this release declares. `replicas` is 1 for one server, 3
/// for a cluster that survives the loss of one.
///
/// # Errors
/// If the bus is away or refuses.
pub async fn provision(jetstream: &jetstream::Context, replicas: usize) -> Result<(), ProvisionError> {
    for config in [log(replicas), dead_letters(replicas)] {
        let name = config.name.clone();
        jetstream
            .create_or_update_stream(config)
            .await
            .map_err(|source| ProvisionError::Stream {
                name: name.clone(),
                source,
            })?;
        tracing::info!(stream = name, "provisioned");
    }
    for config in [keys(replicas), revocations(replicas)] {
        let name = config.bucket.clone();
        jetstream
            .create_or_update_key_value(config)
            .await
            .map_err(|source| ProvisionError::Bucket {
                name: name.clone(),
                source,
            })?;
        tracing::info!(bucket = name, "provisioned");
    }
    Ok(())
}

/// The log: kept for ever, since a new projection is made by reading it from the start.
fn log(num_replicas: usize) -> stream::Config {
    stream::Config {
        name: STREAM.to_owned(),
        description: Some("Every business event of the platform, in one order".to_owned()),
        subjects: vec![format!("{SUBJECT_PREFIX}.>")],
        retention: stream::RetentionPolicy::Limits,
        discard: stream::DiscardPolicy::New,
        storage: stream::StorageType::File,
        duplicate_window: DUPLICATE_WINDOW,
        allow_direct: true,
        allow_atomic_publish: true,
        num_replicas,
        ..stream::Config::default()
    }
}

/// What could not be processed, until somebody redrives or discards it.
fn dead_letters(num_replicas: usize) -> stream::Config {
    stream::Config {
        name: DEAD_LETTER_STREAM.to_owned(),
        description: Some("Events that a consumer could not process, with the reason".to_owned()),
        subjects: vec![format!("{DEAD_LETTER_SUBJECTS}.>")],
        storage: stream::StorageType::File,
        duplicate_window: DUPLICATE_WINDOW,
        allow_direct: true,
        num_replicas,
        ..stream::Config::default()
    }
}

fn keys(num_replicas: usize) -> kv::Config {
    kv::Config {
        bucket: KEYS_BUCKET.to_owned(),
        description: "Public keys that session tokens are verified with".to_owned(),
        history: 1,
        num_replicas,
        ..kv::Config::default()
    }
}

fn revocations(num_replicas: usize) -> kv::Config {
    kv::Config {
        bucket: REVOCATIONS_BUCKET.to_owned(),
        description: "Sessions that were ended before their tokens expire".to_owned(),
        history: 1,
        max_age: REVOCATION_AGE,
        num_replicas,
        ..kv::Config::default()
    }
}
