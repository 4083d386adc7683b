//! Reacting to posts.

use common::{
    event::{ReactionFact, ReactionKind, Timestamp},
    ids::{PostId, UserId},
};
use runtime::store::{Cause, CommandError, StoreError, Stored};

use super::{ATTEMPTS, Commands, Current, Result, STEP};
use crate::domain::{
    post::{PostError, Status},
    reaction::{self, Reaction},
};

impl Commands {
    /// `user` reacts to a published post; again changes nothing.
    pub async fn react(
        &self,
        id: PostId,
        user: UserId,
        kind: ReactionKind,
        cause: &Cause,
    ) -> Result<Current<Reaction>> {
        let post = self.posts.load(id).await?.state;
        let reaction = self
            .change_reaction(id, user, cause, |prior| {
                reaction::react(prior, &post, user, kind, Timestamp::now())
            })
            .await?;
        // Nothing is decided only on a reaction that is there.
        reaction.ok_or(CommandError::Domain(PostError::NotFound))
    }

    /// Takes the reaction of `user` back; one that is not there stays so. `None` if there never was one.
    pub async fn remove_reaction(
        &self,
        id: PostId,
        user: UserId,
        cause: &Cause,
    ) -> Result<Option<Current<Reaction>>> {
        let taken_back = self
            .change_reaction(id, user, cause, |prior| {
                Ok(prior.and_then(|prior| reaction::remove(prior, Timestamp::now())))
            })
            .await?;
        if taken_back.is_none() {
            let post = self.posts.load(id).await?.state;
            if post.status != Status::Published {
                return Err(CommandError::Domain(PostError::NotFound));
            }
        }
        Ok(taken_back)
    }

    /// Takes back all reactions of `user`.
    pub(super) async fn remove_all_reactions(&self, user: UserId, cause: &Cause) -> Result<()> {
        loop {
            let reactions = self.reactions.any_by(user, STEP).await?;
            if reactions.is_empty() {
                return Ok(());
            }
            for Stored { state, .. } in reactions {
                self.change_reaction(state.post_id, user, cause, |prior| {
                    Ok(prior.and_then(|prior| reaction::remove(prior, Timestamp::now())))
                })
                .await?;
            }
        }
    }

    async fn change_reaction(
        &self,
        post: PostId,
        user: UserId,
        cause: &Cause,
        decide: impl Fn(Option<&Reaction>) -> std::result::Result<Option<(Reaction, ReactionFact)>, PostError>,
    ) -> Result<Option<Current<Reaction>>> {
        let mut attempt = 0;
        loop {
            let prior = self.reactions.find(post, user).await?;
            let decision = decide(prior.as_ref().map(|prior| &prior.state));
            let Some((next, fact)) = decision.map_err(CommandError::Domain)? else {
                return Ok(prior.map(Current::from));
            };
            match self.reactions.commit(prior.as_ref(), next, fact, cause).await {
                // The first reaction, made twice at once, meets the unique index of the ids.
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) if attempt < ATTEMPTS => {
                    attempt += 1;
                }
                result => return Ok(Some(result?.into())),
            }
        }
    }
}
