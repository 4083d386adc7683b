//! Deleting an account, and keeping what commits have promised.

use std::{net::IpAddr, time::Duration};

use common::{
    api::users::Password, consistency::ConsistencyToken, error::chain, event::Timestamp, ids::UserId,
};
use runtime::{auth::CurrentUser, http::RequestContext, store::Cause};
use tokio_util::sync::CancellationToken;

use super::{Commands, account::cause};
use crate::{
    domain::{follow, user},
    error::AuthError,
    store::{PrivateChange, Unfinished},
};

/// How often promises are looked for that a crash or an outage left.
const INTERVAL: Duration = Duration::from_secs(5);
/// The most handled in one step.
const STEP: i64 = 100;

impl Commands {
    /// Deletes the account of `user`: a tombstone stays, everything private goes in the same write, the name is
    /// free. All sessions end now, follows of and by it soon.
    ///
    /// # Errors
    /// If the password is wrong or the account has another version than `if_match`.
    pub async fn delete_account(
        &self,
        user: &CurrentUser,
        if_match: Option<u64>,
        password: &Password,
        address: IpAddr,
        context: &RequestContext,
    ) -> Result<ConsistencyToken, AuthError> {
        let account = self.own_account(user).await?;
        self.confirm(&account, password, address).await?;
        let unfinished = Unfinished {
            at: Timestamp::now(),
            keep_session: None,
            account_gone: true,
        };
        let stored = self
            .stores
            .users
            .update(user.id, if_match, &cause(user, context), |present| {
                let private = PrivateChange {
                    forget: true,
                    ..PrivateChange::promising(Some(unfinished.clone()))
                };
                Ok(Some((user::delete(present)?, private)))
            })
            .await?;
        tracing::info!(user = %user.id, "deleted the account");
        self.end_all_sessions(user.id, None).await?;
        self.stores.names.release_all(user.id).await?;
        self.unfinished.notify_one();
        Ok(stored.token())
    }

    /// Keeps promises until `stop`.
    pub async fn keep_promises(&self, stop: CancellationToken) {
        let mut told = false;
        loop {
            match self.finish_once().await {
                Ok(_) => told = false,
                Err(error) if !std::mem::replace(&mut told, true) => {
                    tracing::warn!(error = chain(&error), "promised work waits");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.unfinished.notified() => {}
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    /// One step: keeps the promises there are and answers how many.
    ///
    /// # Errors
    /// If the database is away; what is left is found by the next step.
    pub async fn finish_once(&self) -> Result<usize, AuthError> {
        let promises = self.stores.users.unfinished(STEP).await?;
        for (user, unfinished) in &promises {
            self.finish(*user, unfinished).await?;
        }
        Ok(promises.len())
    }

    /// Keeps one promise. Keeping it twice is keeping it once.
    pub(super) async fn finish(&self, user: UserId, unfinished: &Unfinished) -> Result<(), AuthError> {
        self.end_all_sessions(user, unfinished.keep_session).await?;
        if unfinished.account_gone {
            self.stores.names.release_all(user).await?;
            self.end_follows(user).await?;
        }
        Ok(self.stores.users.finished(user, unfinished).await?)
    }

    async fn end_follows(&self, user: UserId) -> Result<(), AuthError> {
        let cause = Cause::service(crate::NAME, format!("deletion-{user}"));
        loop {
            let follows = self.stores.follows.active_of(user, STEP).await?;
            if follows.is_empty() {
                return Ok(());
            }
            for follow in follows {
                self.stores
                    .follows
                    .decide(follow.follower_id, follow.followee_id, &cause, |present| {
                        let now = Timestamp::now();
                        Ok::<_, AuthError>(present.and_then(|present| follow::unfollow(present, now)))
                    })
                    .await?;
            }
        }
    }
}
