//! Tasks that run by time: publishing scheduled posts, and removing what remains of deleted posts.
//!
//! The times are stored in the posts, so a restart loses none. Every replica runs both tasks.

use std::time::Duration;

use common::{error::chain, event::Timestamp};
use tokio_util::sync::CancellationToken;

use crate::commands::Commands;

/// The interval of looking for due posts: half of the two seconds within which a scheduled post is published.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The interval of removing what remains of deleted posts.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// Publishes scheduled posts at their time until `stop`.
pub async fn run(commands: Commands, stop: CancellationToken) {
    let mut unavailable = false;
    loop {
        let now = Timestamp::now();
        let pause = match commands.publish_due(now, POLL_INTERVAL).await {
            Ok(next) => {
                unavailable = false;
                // The next post may be due before the interval ends.
                next.map_or(POLL_INTERVAL, |next| {
                    next.since(Timestamp::now()).min(POLL_INTERVAL)
                })
            }
            Err(error) => {
                if !std::mem::replace(&mut unavailable, true) {
                    tracing::warn!(error = chain(&error), "scheduled posts have to wait");
                }
                POLL_INTERVAL
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Removes what remains of deleted posts until `stop`.
pub async fn sweep(commands: Commands, stop: CancellationToken) {
    loop {
        if let Err(error) = commands.purge_deleted(Timestamp::now()).await {
            tracing::debug!(
                error = chain(&error),
                "the revisions of deleted posts are removed later"
            );
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
        }
    }
}
