//! Reactions: one document for each user and post. The index `of_user` serves those of a deleted user.

use common::{
    event::ReactionState,
    ids::{PostId, UserId},
};
use mongodb::bson::doc;
use runtime::store::{
    Aggregate, AggregateStore, Cause, Change, Index, Storage, StoreError, Stored, fetch_all,
};
use serde::{Deserialize, Serialize};

use crate::domain::reaction::Decision;

/// A stored reaction; all of its state is public.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reaction(pub ReactionState);

impl Aggregate for Reaction {
    type Public = ReactionState;
    const COLLECTION: &'static str = "reactions";

    fn public(&self) -> ReactionState {
        self.0.clone()
    }

    /// `None` for a removed reaction, as the removal of a deleted user's reactions leaves it.
    fn owner(&self) -> Option<UserId> {
        self.0.active.then_some(self.0.user_id)
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
        decide: impl Fn(Option<&ReactionState>) -> Result<Decision, E>,
    ) -> Result<Option<Stored<Reaction>>, E> {
        self.reactions
            .create_or_update(&format!("{post}:{user}"), cause, |prior| {
                let decision = decide(prior.map(|prior| &prior.state.0))?;
                Ok(decision.map(|(state, fact)| Change::new(Reaction(state), fact)))
            })
            .await
    }

    /// At most `limit` posts with an active reaction of `user`, without `except`.
    pub async fn posts_of(
        &self,
        user: UserId,
        except: &[PostId],
        limit: u32,
    ) -> Result<Vec<PostId>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            state: Target,
        }
        #[derive(Deserialize)]
        struct Target {
            post_id: PostId,
        }
        let except: Vec<_> = except.iter().map(|post| format!("{post}:{user}")).collect();
        let filter = doc! {
            "state.user_id": user.to_string(),
            "state.active": true,
            "_id": { "$nin": except },
        };
        let rows = self.reactions.documents_as::<Row>();
        let find = rows.find(filter).projection(doc! { "state.post_id": 1 });
        let rows = fetch_all(find.limit(i64::from(limit))).await?;
        Ok(rows.into_iter().map(|row| row.state.post_id).collect())
    }
}
