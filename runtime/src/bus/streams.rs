//! Creates the streams and buckets of [`topology`](common::event::topology). Only the provisioning step creates or
//! changes them.

use std::collections::BTreeSet;

use async_nats::jetstream::{
    self, ErrorCode,
    context::{CreateKeyValueError, CreateStreamError, GetStreamError, GetStreamErrorKind},
    kv, stream,
};
use common::event::topology::{BUCKETS, BucketSpec, STREAMS, StreamSpec};
use serde_json::{Map, Value};

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
    /// Its present state could not be read.
    #[error("the present state of {name} cannot be read")]
    Lookup {
        /// The name of the stream.
        name: String,
        /// The cause.
        source: GetStreamError,
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

/// The replicas of streams and buckets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Replicas {
    /// 1 for one server, 3 for a cluster that survives the loss of one. Without it, existing streams keep theirs, and new
    /// ones have 1.
    pub wanted: Option<usize>,
    /// Whether a stream may get fewer than it has.
    pub may_lower: bool,
}

impl Replicas {
    fn of(self, name: &str, existing: Option<&stream::Config>) -> usize {
        let present = existing.map_or(1, |config| config.num_replicas);
        match self.wanted {
            Some(wanted) if wanted < present && !self.may_lower => {
                tracing::warn!(
                    name,
                    present,
                    wanted,
                    "it keeps its replicas; --allow-fewer-replicas lowers them"
                );
                present
            }
            Some(wanted) => wanted,
            None => present,
        }
    }
}

/// A field of an existing stream that this release declares differently, and that was changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The stream; that of a bucket is `KV_<bucket>`.
    pub stream: String,
    /// The name of the field, as in JetStream's API.
    pub field: String,
    /// The former value.
    pub from: Value,
    /// The present value.
    pub to: Value,
}

/// Creates what is missing and changes the rest to what this release declares. Never deletes anything. Returns what has
/// been changed.
///
/// # Errors
/// If the bus is unavailable or refuses.
pub async fn provision(
    jetstream: &jetstream::Context,
    replicas: Replicas,
) -> Result<Vec<Drift>, ProvisionError> {
    let mut drift = Vec::new();
    for spec in STREAMS {
        let name = spec.name.to_owned();
        let existing = existing(jetstream, &name).await?;
        let config = stream_config(spec, replicas.of(&name, existing.as_ref()));
        let created = jetstream.create_or_update_stream(config).await;
        let created = created.map_err(|source| ProvisionError::Stream {
            name: name.clone(),
            source,
        })?;
        drift.extend(differences(&name, existing, &created.config));
        tracing::info!(stream = name, "provisioned");
    }
    for spec in BUCKETS {
        let (name, stream) = (spec.name.to_owned(), format!("KV_{}", spec.name));
        let before = existing(jetstream, &stream).await?;
        let config = bucket_config(spec, replicas.of(&stream, before.as_ref()));
        let created = jetstream.create_or_update_key_value(config).await;
        created.map_err(|source| ProvisionError::Bucket {
            name: name.clone(),
            source,
        })?;
        if let Some(after) = existing(jetstream, &stream).await? {
            drift.extend(differences(&stream, before, &after));
        }
        tracing::info!(bucket = name, "provisioned");
    }
    for Drift {
        stream,
        field,
        from,
        to,
    } in &drift
    {
        tracing::warn!(stream, field, %from, %to, "it differed from this release and was changed");
    }
    Ok(drift)
}

async fn existing(
    jetstream: &jetstream::Context,
    name: &str,
) -> Result<Option<stream::Config>, ProvisionError> {
    match jetstream.get_stream(name).await {
        Ok(stream) => Ok(Some(stream.cached_info().config.clone())),
        Err(error) => match error.kind() {
            GetStreamErrorKind::JetStream(reason) if reason.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                Ok(None)
            }
            _ => Err(ProvisionError::Lookup {
                name: name.to_owned(),
                source: error,
            }),
        },
    }
}

fn differences(stream: &str, before: Option<stream::Config>, after: &stream::Config) -> Vec<Drift> {
    let fields = |config: &stream::Config| match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let Some(before) = before else { return Vec::new() };
    let (before, after) = (fields(&before), fields(after));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let value = |fields: &Map<String, Value>, name: &str| fields.get(name).cloned().unwrap_or_default();
    let changed = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name));
    let drift = |name: &String| Drift {
        stream: stream.to_owned(),
        field: name.clone(),
        from: value(&before, name),
        to: value(&after, name),
    };
    changed.map(drift).collect()
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
