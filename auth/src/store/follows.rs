//! Which user follows which.

use common::{event::FollowState, ids::UserId};
use mongodb::bson::doc;
use runtime::store::{Aggregate, AggregateStore, Cause, Change, Index, Storage, StoreError, Stored};
use serde::{Deserialize, Serialize};

use crate::domain::follow::Decision;

/// A stored follow; all of its state is public.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Follow(pub FollowState);

impl Aggregate for Follow {
    type Public = FollowState;
    const COLLECTION: &'static str = "follows";

    fn public(&self) -> FollowState {
        self.0.clone()
    }

    fn indexes() -> Vec<Index> {
        vec![
            Index::new("follower", doc! { "state.follower_id": 1, "state.active": 1 }),
            Index::new("followee", doc! { "state.followee_id": 1, "state.active": 1 }),
        ]
    }
}

/// The follows.
#[derive(Debug, Clone)]
pub struct Follows {
    aggregates: AggregateStore<Follow>,
}

impl Follows {
    /// The follows in `storage`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            aggregates: storage.aggregates(),
        }
    }

    /// Commits the decision on the follow of `followee` by `follower`; `None` if there is none and none is created.
    pub async fn update<E: From<StoreError>>(
        &self,
        follower: UserId,
        followee: UserId,
        cause: &Cause,
        decide: impl Fn(Option<&FollowState>) -> Result<Option<Decision>, E>,
    ) -> Result<Option<Stored<Follow>>, E> {
        let id = format!("{follower}:{followee}");
        self.aggregates
            .create_or_update(&id, cause, |prior| {
                let decision = decide(prior.map(|prior| &prior.state.0))?;
                Ok(decision.map(|(state, fact)| Change::new(Follow(state), fact)))
            })
            .await
    }

    /// Some active follows of and by `user`. Uses the indexes `follower` and `followee`.
    pub async fn active_of(&self, user: UserId, limit: i64) -> Result<Vec<FollowState>, StoreError> {
        let mut found = Vec::new();
        for field in ["state.follower_id", "state.followee_id"] {
            let filter = doc! { field: user.to_string(), "state.active": true };
            let follows = self.aggregates.list(filter, doc! { field: 1 }, limit).await?;
            found.extend(follows.into_iter().map(|stored| stored.state.0));
        }
        Ok(found)
    }
}
