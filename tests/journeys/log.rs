//! The whole log, so that a duplicate event is detected.

use std::collections::BTreeMap;

use common::event::{Event, STREAM};
use runtime::bus::{Bus, Checkpoint, LogReader};
use testkit::{NatsServer, eventually_ok};

/// A reading of the whole log.
#[derive(Debug, Default)]
pub struct Log {
    /// By kind and id of the aggregate: the versions in the order of the log, including duplicates.
    versions: BTreeMap<(&'static str, String), Vec<u64>>,
}

impl Log {
    /// Reads the log up to its current head.
    pub async fn read(nats: &NatsServer) -> Self {
        let bus = nats.connect("query").await;
        let head = eventually_ok("the log responds", async || head(&bus).await).await;
        let checkpoint = Checkpoint::default();
        let mut reader = LogReader::open(&bus, "test", &checkpoint).await.unwrap();
        let (mut log, mut sequence) = (Self::default(), 0);
        while sequence < head {
            let batch = reader.next_batch().await.unwrap();
            sequence = batch.checkpoint.sequence;
            for entry in batch.entries {
                let kind = kind(&entry.event.event);
                let versions = log.versions.entry((kind, entry.event.aggregate_id));
                versions.or_default().push(entry.event.envelope.aggregate_version);
            }
        }
        log
    }

    /// The versions of one aggregate.
    pub fn versions(&self, kind: &'static str, id: &str) -> &[u64] {
        let versions = self.versions.get(&(kind, id.to_owned()));
        versions.map_or(&[], Vec::as_slice)
    }

    /// The number of events of aggregates of this kind.
    pub fn count(&self, kind: &str) -> usize {
        let of_kind = self.versions.iter().filter(|((of, _), _)| *of == kind);
        of_kind.map(|(_, versions)| versions.len()).sum()
    }

    /// The aggregates whose versions are not 1, 2, 3, …, each once and in this order.
    pub fn faults(&self) -> Vec<String> {
        let is_wrong = |versions: &[u64]| {
            versions
                .iter()
                .zip(1..)
                .any(|(version, expected)| *version != expected)
        };
        let wrong = self.versions.iter().filter(|(_, versions)| is_wrong(versions));
        wrong
            .map(|((kind, id), versions)| format!("{kind} {id}: {versions:?}"))
            .collect()
    }
}

async fn head(bus: &Bus) -> Result<u64, async_nats::jetstream::context::GetStreamError> {
    let stream = bus.jetstream().get_stream(STREAM).await?;
    Ok(stream.cached_info().state.last_sequence)
}

fn kind(event: &Event) -> &'static str {
    event
        .event_type()
        .map_or("unknown", |event_type| event_type.aggregate.as_str())
}
