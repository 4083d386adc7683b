//! Creates the streams and buckets of [`topology`](common::event::topology). Only the provisioning step creates or
//! changes them.

use async_nats::jetstream::{
    self,
    context::{CreateKeyValueError, CreateStreamError},
    kv, stream,
};
use common::event::topology::{BUCKETS, BucketSpec, STREAMS, StreamSpec};

/// An error of provisioning.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// A stream could not be created or changed.
    #[error("the stream {name} cannot be provisioned")]
    Stream {
        /// Its name.
        name: String,
        /// The cause.
        source: CreateStreamError,
    },
    /// A bucket could not be created or changed.
    #[error("the bucket {name} cannot be provisioned")]
    Bucket {
        /// Its name.
        name: String,
        /// The cause.
        source: CreateKeyValueError,
    },
}

/// Creates missing streams and buckets and updates the others to the declaration of this release. `replicas` is 1 for a
/// single server, 3 for a cluster that survives the loss of one server.
///
/// # Errors
/// If the bus is unavailable or refuses.
pub async fn provision(jetstream: &jetstream::Context, replicas: usize) -> Result<(), ProvisionError> {
    for config in STREAMS.iter().map(|spec| stream_config(spec, replicas)) {
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
    for config in BUCKETS.iter().map(|spec| bucket_config(spec, replicas)) {
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

fn stream_config(spec: &StreamSpec, num_replicas: usize) -> stream::Config {
    stream::Config {
        name: spec.name.to_owned(),
        description: Some(spec.purpose.to_owned()),
        subjects: vec![format!("{}.>", spec.subject_prefix)],
        retention: stream::RetentionPolicy::Limits,
        discard: if spec.discard_new {
            stream::DiscardPolicy::New
        } else {
            stream::DiscardPolicy::Old
        },
        storage: stream::StorageType::File,
        duplicate_window: spec.duplicate_window,
        allow_direct: true,
        allow_atomic_publish: spec.atomic_batches,
        num_replicas,
        ..stream::Config::default()
    }
}

fn bucket_config(spec: &BucketSpec, num_replicas: usize) -> kv::Config {
    kv::Config {
        bucket: spec.name.to_owned(),
        description: spec.purpose.to_owned(),
        history: 1,
        max_age: spec.max_age.unwrap_or_default(),
        num_replicas,
        ..kv::Config::default()
    }
}
