//! Tasks that run by time: publishing scheduled posts, and removing what remains of deleted posts.
//!
//! The times are stored in the posts, so a restart loses none. Every replica runs both tasks.

use std::time::Duration;

use common::event::Timestamp;
use runtime::{service::repeat, store::StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

/// The interval of looking for due posts: half of the two seconds within which a scheduled post is published.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The interval of removing what remains of deleted posts.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// Publishes scheduled posts at their time until `stop`.
pub async fn publish(state: AppState, stop: CancellationToken) {
    let (commands, failure) = (&state.commands, "scheduled posts have to wait");
    repeat(failure, POLL_INTERVAL, &Notify::new(), stop, move || async move {
        let next = commands.publish_due(Timestamp::now(), POLL_INTERVAL).await?;
        // The next post may be due before the interval ends.
        let pause = next.map(|next| next.since(Timestamp::now()).min(POLL_INTERVAL));
        Ok::<_, StoreError>(pause.unwrap_or(POLL_INTERVAL))
    })
    .await;
}

/// Removes what remains of deleted posts until `stop`.
pub async fn sweep(state: AppState, stop: CancellationToken) {
    let (commands, failure) = (
        &state.commands,
        "the revisions of deleted posts are removed later",
    );
    repeat(
        failure,
        SWEEP_INTERVAL,
        &Notify::new(),
        stop,
        move || async move {
            commands.purge_deleted(Timestamp::now()).await?;
            Ok::<_, StoreError>(SWEEP_INTERVAL)
        },
    )
    .await;
}
