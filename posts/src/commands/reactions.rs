//! Reacting to posts.

use common::{
    event::{ReactionKind, Timestamp},
    ids::{PostId, UserId},
};
use runtime::store::{Cause, CommandError, Stored};

use super::{Commands, Result};
use crate::{
    domain::{
        post::{PostError, Status},
        reaction,
    },
    store::Reaction,
};

impl Commands {
    /// Adds the reaction of `user` to a published post. A repeated reaction changes nothing.
    pub async fn react(
        &self,
        id: PostId,
        user: UserId,
        kind: ReactionKind,
        cause: &Cause,
    ) -> Result<Stored<Reaction>> {
        let post = self.posts.load(id).await?.state;
        let reaction = self
            .reactions
            .update(id, user, cause, |prior| {
                reaction::react(prior, &post, user, kind, Timestamp::now()).map_err(CommandError::Domain)
            })
            .await?;
        // `None` is impossible: without a reaction the decision adds one.
        reaction.ok_or(CommandError::Domain(PostError::NotFound))
    }

    /// Removes the reaction of `user`. `None` if there never was one.
    pub async fn remove_reaction(
        &self,
        id: PostId,
        user: UserId,
        cause: &Cause,
    ) -> Result<Option<Stored<Reaction>>> {
        let removed = self.remove_existing(id, user, cause).await?;
        if removed.is_none() && self.posts.load(id).await?.state.status != Status::Published {
            return Err(CommandError::Domain(PostError::NotFound));
        }
        Ok(removed)
    }

    /// Removes the reaction of `user`, whatever the status of the post.
    pub(super) async fn remove_existing(
        &self,
        id: PostId,
        user: UserId,
        cause: &Cause,
    ) -> Result<Option<Stored<Reaction>>> {
        self.reactions
            .update(id, user, cause, |prior| {
                Ok(prior.and_then(|prior| reaction::remove(prior, Timestamp::now())))
            })
            .await
    }
}
