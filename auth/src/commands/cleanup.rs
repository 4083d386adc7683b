//! Work that has to follow a commit: ending sessions, and after a deletion also releasing names and ending follows.

use std::{sync::Arc, time::Duration};

use common::{event::Timestamp, ids::UserId};
use runtime::{service::repeat, store::Cause};
use tokio_util::sync::CancellationToken;

use super::Commands;
use crate::{config::NAME, domain::follow, error::AuthError, store::PendingCleanup};

/// The interval of looking for cleanups that a crash or an outage left.
const INTERVAL: Duration = Duration::from_secs(5);
/// The maximum number of documents handled at a time.
const BATCH: i64 = 100;

impl Commands {
    /// Runs pending cleanups until `stop`.
    pub async fn run_cleanup(self: Arc<Self>, stop: CancellationToken) {
        let (this, failure) = (&self, "pending cleanups run later");
        repeat(failure, INTERVAL, &self.cleanup, stop, move || async move {
            this.cleanup_once().await.map(|()| INTERVAL)
        })
        .await;
    }

    async fn cleanup_once(&self) -> Result<(), AuthError> {
        for (user, cleanup) in self.stores.users.pending_cleanups(BATCH).await? {
            self.clean_up(user, &cleanup).await?;
        }
        Ok(())
    }

    /// Runs one cleanup. Idempotent.
    pub(super) async fn clean_up(&self, user: UserId, cleanup: &PendingCleanup) -> Result<(), AuthError> {
        self.end_all_sessions(user, cleanup.keep_session).await?;
        if cleanup.account_deleted {
            self.stores.names.release_all(user).await?;
            self.end_follows(user).await?;
        }
        Ok(self.stores.users.remove_cleanup(user, cleanup).await?)
    }

    async fn end_follows(&self, user: UserId) -> Result<(), AuthError> {
        let cause = Cause::service(NAME, format!("deletion-{user}"));
        let follows = &self.stores.follows;
        loop {
            let active = follows.active_of(user, BATCH).await?;
            if active.is_empty() {
                return Ok(());
            }
            for follow in active {
                let unfollow = |current: Option<&_>| {
                    Ok::<_, AuthError>(
                        current.and_then(|current| follow::unfollow(current, Timestamp::now())),
                    )
                };
                follows
                    .update(follow.follower_id, follow.followee_id, &cause, unfollow)
                    .await?;
            }
        }
    }
}
