//! Reactions: one document for each person and post, found by its id; `of_user` finds those of a deleted user.

use common::{
    event::{ReactionFact, ReactionState},
    ids::{PostId, UserId},
};
use mongodb::bson::doc;
use runtime::store::{Aggregate, AggregateStore, Cause, Change, NewAggregate, Storage, StoreError, Stored};

use super::index;
use crate::domain::reaction::Reaction;

impl Aggregate for Reaction {
    type Public = ReactionState;
    const COLLECTION: &'static str = "reactions";

    fn public(&self) -> ReactionState {
        Self::public(self)
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.user_id)
    }
}

/// The reactions.
#[derive(Debug, Clone)]
pub struct ReactionStore {
    reactions: AggregateStore<Reaction>,
}

impl ReactionStore {
    /// The reactions in `database`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            reactions: storage.aggregates(),
        }
    }

    /// The aggregates, to say their events again.
    pub fn aggregates(&self) -> &AggregateStore<Reaction> {
        &self.reactions
    }

    /// Makes the indexes.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.reactions.ensure_indexes().await?;
        let keys = doc! { "state.user_id": 1, "state.active": 1 };
        let of_user = index("of_user", keys, None, false);
        self.reactions.collection().create_index(of_user).await?;
        Ok(())
    }

    /// The reaction of `user` to `post`, if there ever was one.
    pub async fn find(&self, post: PostId, user: UserId) -> Result<Option<Stored<Reaction>>, StoreError> {
        self.reactions.find(&format!("{post}:{user}")).await
    }

    /// Commits what was decided on `prior`, or on there being none.
    pub async fn commit(
        &self,
        prior: Option<&Stored<Reaction>>,
        reaction: Reaction,
        fact: ReactionFact,
        cause: &Cause,
    ) -> Result<Stored<Reaction>, StoreError> {
        match prior {
            Some(prior) => {
                let change = Change::new(reaction, fact);
                self.reactions.commit(prior, change, cause).await
            }
            None => {
                let new = NewAggregate::new(reaction, fact);
                Ok(self.reactions.create(new, cause).await?.into_stored())
            }
        }
    }

    /// Some reactions of `user` that were not taken back.
    pub async fn any_by(&self, user: UserId, limit: u32) -> Result<Vec<Stored<Reaction>>, StoreError> {
        let filter = doc! { "state.user_id": user.to_string(), "state.active": true };
        let sort = doc! { "state.user_id": 1, "state.active": 1 };
        self.reactions.list(filter, sort, i64::from(limit)).await
    }
}
