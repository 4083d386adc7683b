//! Tells the bus how far a projection has come. Nobody but tools depends on it, so it never waits and never fails.

use std::time::Duration;

use common::{
    error::chain,
    event::{
        Timestamp,
        topology::{CHECKPOINTS_BUCKET, CheckpointNote},
    },
};
use tokio::{task::JoinHandle, time::Instant};

use super::Checkpoint;
use crate::bus::Bus;

/// The shortest time between two notes.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often a projection with nothing to do says that it is alive.
const IDLE_INTERVAL: Duration = Duration::from_secs(10);
/// A note that is not acknowledged by then is given up; the next one says more.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What was told.
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

    /// Tells that `reached` is applied, at most once in a second. What is left out so is told with a later batch: an
    /// idle reader has an empty one every two seconds.
    pub(super) fn tell(&mut self, reached: &Checkpoint) {
        let is_due = self.last.as_ref().is_none_or(|(told_at, told)| {
            let interval = if told == reached { IDLE_INTERVAL } else { INTERVAL };
            told_at.elapsed() >= interval
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
    tracing::debug!(projection = key, reason, "the checkpoint could not be told");
}
