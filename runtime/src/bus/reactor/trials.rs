//! Finding the message that ends the process which handles it (an abort, a stack overflow, a kill for memory).
//!
//! Such a message is never settled, so the server redelivers it forever, to each restarted process and each replica
//! in turn. What is known about it, and what that is worth:
//!
//! - **The server's delivery count** survives the process, but counts every delivery, whatever became of it: those
//!   that were answered with NAK while a dependency was down (hundreds, in a long outage), those handed back at a
//!   shutdown or when the circuit opened, and those of innocent messages that were in progress when another message
//!   ended the process.
//! - **The failures that this process counted** prove that the message can be handled without ending the process, but
//!   they end with it. After a restart in the middle of an outage all messages have high delivery counts and no
//!   counted failure, and none is at fault. So the two counts together are only a suspicion.
//! - **A delivery without any acknowledgement** is the sign, but the server does not distinguish it from others.
//!
//! So the missing fact is written down. A message that was delivered more than [`SUSPICIOUS`] times and has not failed
//! in this process is handled alone, when all others in progress are settled, so that no other can be the cause. Before,
//! the number of unfinished trials is increased in the bucket [`TRIALS_BUCKET`]; after, whatever the result, the entry is
//! removed. A message with [`MAX_TRIALS`] unfinished trials has ended that many processes and becomes a dead letter
//! without being handled again. Nothing is written for messages that are not suspected.

use async_nats::jetstream::kv;
use common::event::topology::{ConsumerSpec, TRIALS_BUCKET};

use super::failures::MessageId;
use crate::bus::Bus;

pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;

/// A message that was delivered more often is suspected.
pub(super) const SUSPICIOUS: u64 = 10;
/// A message becomes a dead letter after so many unfinished trials.
pub(super) const MAX_TRIALS: u64 = 2;

/// The handling of a suspected message.
#[derive(Debug)]
pub(super) struct Trial {
    bucket: kv::Store,
    key: String,
    unfinished: u64,
}

impl Trial {
    /// Records that the handling of the message `id` begins.
    pub(super) async fn begin(bus: &Bus, spec: &ConsumerSpec, id: MessageId) -> Result<Self, Error> {
        let bucket = bus.jetstream.get_key_value(TRIALS_BUCKET).await?;
        let key = format!("{}.{}", spec.name, id.key());
        let value = bucket.get(&key).await?;
        let unfinished: u64 = value
            .and_then(|value| std::str::from_utf8(&value).ok()?.parse().ok())
            .unwrap_or_default();
        bucket.put(&key, (unfinished + 1).to_string().into()).await?;
        Ok(Self {
            bucket,
            key,
            unfinished,
        })
    }

    /// How many trials began before this one and did not finish.
    pub(super) fn unfinished(&self) -> u64 {
        self.unfinished
    }

    /// Removes the record: the process has survived.
    pub(super) async fn finish(self) -> Result<(), Error> {
        Ok(self.bucket.delete(&self.key).await?)
    }
}
