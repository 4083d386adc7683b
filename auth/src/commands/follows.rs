//! Following and leaving.

use common::{event::Timestamp, ids::UserId};
use runtime::{auth::CurrentUser, http::RequestContext, store::Stored};

use super::{Commands, account::cause};
use crate::{domain::follow, error::AuthError, store::Follow};

impl Commands {
    /// `user` follows `followee` from now on.
    ///
    /// # Errors
    /// If that is themselves, or nobody who is still there.
    pub async fn follow(
        &self,
        user: &CurrentUser,
        followee: UserId,
        context: &RequestContext,
    ) -> Result<Option<Stored<Follow>>, AuthError> {
        self.refuse_absent(user, followee).await?;
        let cause = cause(user, context);
        let now = Timestamp::now();
        let followed = self
            .stores
            .follows
            .decide(user.id, followee, &cause, |present| {
                Ok::<_, AuthError>(follow::follow(present, user.id, followee, now)?)
            })
            .await?;
        // A deletion at this moment may have missed the new follow.
        if let Err(error) = self.refuse_absent(user, followee).await {
            self.unfollow(user, followee, context).await?;
            return Err(error);
        }
        Ok(followed)
    }

    /// `user` follows `followee` no more; nothing happens if they never did.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn unfollow(
        &self,
        user: &CurrentUser,
        followee: UserId,
        context: &RequestContext,
    ) -> Result<Option<Stored<Follow>>, AuthError> {
        let (cause, now) = (cause(user, context), Timestamp::now());
        self.stores
            .follows
            .decide(user.id, followee, &cause, |present| {
                Ok(present.and_then(|present| follow::unfollow(present, now)))
            })
            .await
    }

    /// Both must be there; of the follower the token alone does not say so.
    async fn refuse_absent(&self, user: &CurrentUser, followee: UserId) -> Result<(), AuthError> {
        if self.stores.users.account(user.id).await?.is_none() {
            return Err(AuthError::AccountGone);
        }
        match self.stores.users.account(followee).await? {
            Some(_) => Ok(()),
            None => Err(AuthError::NoSuchUser),
        }
    }
}
