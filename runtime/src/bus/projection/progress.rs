//! Reports the checkpoint of a projection to the bus. Only tools read it, so it never waits and never fails.

use std::time::Duration;

use common::{
    error::chain,
    event::{
        Timestamp,
        topology::{CHECKPOINTS_BUCKET, CheckpointNote},
    },
};
use tokio::{task::JoinHandle, time::Instant};

use super::checkpoint::Checkpoint;
use crate::bus::Bus;

/// The shortest interval between two reports.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often an idle projection reports.
const IDLE_INTERVAL: Duration = Duration::from_secs(10);
/// The timeout of a report; the next one contains more.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reports checkpoints.
pub(super) struct Progress {
    bus: Bus,
    key: String,
    last: Option<(Instant, Checkpoint)>,
    in_flight: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn new(bus: &Bus, key: &str) -> Self {
        Self {
            bus: bus.clone(),
            key: key.to_owned(),
            last: None,
            in_flight: None,
        }
    }

    /// Reports that `reached` is applied, at most once a second. What is left out is reported with a later batch: an
    /// idle reader returns an empty one every two seconds.
    pub(super) fn report(&mut self, reached: &Checkpoint) {
        let is_due = self.last.as_ref().is_none_or(|(reported_at, reported)| {
            let interval = if reported == reached {
                IDLE_INTERVAL
            } else {
                INTERVAL
            };
            reported_at.elapsed() >= interval
        });
        let is_busy = self.in_flight.as_ref().is_some_and(|task| !task.is_finished());
        if is_due && !is_busy {
            self.last = Some((Instant::now(), reached.clone()));
            self.in_flight = Some(tokio::spawn(put(
                self.bus.clone(),
                self.key.clone(),
                note(reached),
            )));
        }
    }
}

fn note(reached: &Checkpoint) -> CheckpointNote {
    CheckpointNote {
        sequence: reached.sequence,
        log_created: reached.log_created.clone(),
        at: Timestamp::now(),
    }
}

async fn put(bus: Bus, key: String, note: CheckpointNote) {
    let work = async {
        let payload = serde_json::to_vec(&note)?;
        let subject = format!("$KV.{CHECKPOINTS_BUCKET}.{key}");
        bus.jetstream.publish(subject, payload.into()).await?.await?;
        Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    };
    let reason = match tokio::time::timeout(TIMEOUT, work).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => chain(&*error),
        Err(_) => "not acknowledged in time".to_owned(),
    };
    tracing::debug!(projection = key, reason, "the checkpoint cannot be reported");
}
