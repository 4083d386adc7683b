//! Work that has to follow a commit: ending sessions, and after a deletion also releasing names and ending follows.

use std::{sync::Arc, time::Duration};

use common::{event::Timestamp, ids::UserId};
use runtime::{
    service::{handle_all, repeat},
    store::Cause,
};
use tokio_util::sync::CancellationToken;

use super::Commands;
use crate::{NAME, domain::follow, error::AuthError, store::PendingCleanup};

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
        let pending = |failed: Vec<(UserId, PendingCleanup)>| async move {
            let users: Vec<UserId> = failed.into_iter().map(|(user, _)| user).collect();
            Ok(self.stores.users.pending_cleanups(&users, BATCH).await?)
        };
        handle_all(pending, |(user, cleanup)| async move {
            self.clean_up(user, &cleanup).await
        })
        .await
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
        let (follows, cause) = (&self.stores.follows, &cause);
        let active =
            |failed: Vec<(UserId, UserId)>| async move { Ok(follows.active_of(user, &failed, BATCH).await?) };
        handle_all(active, |(follower, followee)| async move {
            let unfollow = |current: Option<&_>| {
                Ok::<_, AuthError>(current.and_then(|current| follow::unfollow(current, Timestamp::now())))
            };
            let unfollowed = follows.update(follower, followee, cause, unfollow).await;
            unfollowed.map(drop)
        })
        .await
    }
}
