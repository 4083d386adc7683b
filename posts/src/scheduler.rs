//! The clock of the service: publishes what is due, and removes for good what was deleted.
//!
//! Plans are kept in the posts' documents, so a restart forgets none. Every replica runs both loops.

use std::time::Duration;

use common::{error::chain, event::Timestamp};
use tokio_util::sync::CancellationToken;

use crate::commands::Commands;

/// How often the database is asked for what is due. Half of the two seconds within which a plan is kept.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the remains of deleted posts are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Publishes planned posts at their time until `stop`.
pub async fn run(commands: Commands, stop: CancellationToken) {
    let mut away = false;
    loop {
        let now = Timestamp::now();
        let pause = match commands.publish_due(now, LOOK_EVERY).await {
            Ok(next) => {
                away = false;
                // Known to be due before the next look: woken then.
                next.map_or(LOOK_EVERY, |next| next.since(Timestamp::now()).min(LOOK_EVERY))
            }
            Err(error) => {
                if !std::mem::replace(&mut away, true) {
                    tracing::warn!(error = chain(&error), "planned posts have to wait");
                }
                LOOK_EVERY
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Removes remains of deleted posts until `stop`.
pub async fn sweep(commands: Commands, stop: CancellationToken) {
    loop {
        if let Err(error) = commands.purge_deleted(Timestamp::now()).await {
            tracing::debug!(
                error = chain(&error),
                "remains of deleted posts are left for later"
            );
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}
