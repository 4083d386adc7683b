//! Following and unfollowing.

use common::{event::Timestamp, ids::UserId};
use runtime::store::{Cause, Stored};

use super::Commands;
use crate::{domain::follow, error::AuthError, store::Follow};

impl Commands {
    /// Makes `user` follow `followee`.
    pub async fn follow(
        &self,
        user: UserId,
        followee: UserId,
        cause: &Cause,
    ) -> Result<Option<Stored<Follow>>, AuthError> {
        self.check_accounts(user, followee).await?;
        let followed = self
            .stores
            .follows
            .update(user, followee, cause, |current| {
                Ok::<_, AuthError>(follow::follow(current, user, followee, Timestamp::now())?)
            })
            .await?;
        // The cleanup of a concurrent deletion may have missed the new follow.
        if let Err(error) = self.check_accounts(user, followee).await {
            self.unfollow(user, followee, cause).await?;
            return Err(error);
        }
        Ok(followed)
    }

    /// Makes `user` no longer follow `followee`; `None` if they never did.
    pub async fn unfollow(
        &self,
        user: UserId,
        followee: UserId,
        cause: &Cause,
    ) -> Result<Option<Stored<Follow>>, AuthError> {
        self.stores
            .follows
            .update(user, followee, cause, |current| {
                Ok(current.and_then(|current| follow::unfollow(current, Timestamp::now())))
            })
            .await
    }

    /// Checks that both accounts exist. The follower's may be deleted although the token is still valid.
    async fn check_accounts(&self, user: UserId, followee: UserId) -> Result<(), AuthError> {
        let users = &self.stores.users;
        users.account(user).await?.ok_or(AuthError::AccountDeleted)?;
        users.account(followee).await?.ok_or(AuthError::NoSuchUser)?;
        Ok(())
    }
}
