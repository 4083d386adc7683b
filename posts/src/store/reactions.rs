//! Reactions: one document for each user and post. The index `of_user` serves those of a deleted user.

use common::{
    event::{ReactionFact, ReactionState},
    ids::{PostId, UserId},
};
use mongodb::bson::doc;
use runtime::store::{Aggregate, AggregateStore, Cause, Change, Index, Storage, StoreError, Stored};

use crate::domain::reaction::Reaction;

impl Aggregate for Reaction {
    type Public = ReactionState;
    const COLLECTION: &'static str = "reactions";

    fn public(&self) -> ReactionState {
        Self::public(self)
    }

    fn indexes() -> Vec<Index> {
        let keys = doc! { "state.user_id": 1, "state.active": 1 };
        vec![Index::new("of_user", keys)]
    }
}

/// The reactions.
#[derive(Debug, Clone)]
pub struct ReactionStore {
    reactions: AggregateStore<Reaction>,
}

impl ReactionStore {
    /// The reactions in `storage`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            reactions: storage.aggregates(),
        }
    }

    /// Commits the decision on the reaction of `user` to `post`; `None` if there is none and none is created.
    pub async fn update<E: From<StoreError>>(
        &self,
        post: PostId,
        user: UserId,
        cause: &Cause,
        decide: impl Fn(Option<&Reaction>) -> Result<Option<(Reaction, ReactionFact)>, E>,
    ) -> Result<Option<Stored<Reaction>>, E> {
        self.reactions
            .create_or_update(&format!("{post}:{user}"), cause, |prior| {
                let decision = decide(prior.map(|prior| &prior.state))?;
                Ok(decision.map(|(reaction, fact)| Change::new(reaction, fact)))
            })
            .await
    }

    /// Some active reactions of `user`.
    pub async fn active_of(&self, user: UserId, limit: u32) -> Result<Vec<Stored<Reaction>>, StoreError> {
        let filter = doc! { "state.user_id": user.to_string(), "state.active": true };
        let sort = doc! { "state.user_id": 1, "state.active": 1 };
        self.reactions.list(filter, sort, i64::from(limit)).await
    }
}
