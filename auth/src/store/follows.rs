//! Which user follows which.

use common::{event::FollowState, ids::UserId};
use mongodb::bson::doc;
use runtime::store::{
    Aggregate, AggregateStore, Cause, Change, Index, Storage, StoreError, Stored, fetch_all,
};
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
        self.aggregates
            .create_or_update(&id(follower, followee), cause, |prior| {
                let decision = decide(prior.map(|prior| &prior.state.0))?;
                Ok(decision.map(|(state, fact)| Change::new(Follow(state), fact)))
            })
            .await
    }

    /// Follower and followee of some active follows of and by `user`, without `except`. Uses the indexes `follower` and
    /// `followee`.
    pub async fn active_of(
        &self,
        user: UserId,
        except: &[(UserId, UserId)],
        limit: i64,
    ) -> Result<Vec<(UserId, UserId)>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            state: Ends,
        }
        #[derive(Deserialize)]
        struct Ends {
            follower_id: UserId,
            followee_id: UserId,
        }
        let except: Vec<String> = except
            .iter()
            .map(|(follower, followee)| id(*follower, *followee))
            .collect();
        let rows = self.aggregates.documents_as::<Row>();
        let mut found = Vec::new();
        for field in ["state.follower_id", "state.followee_id"] {
            let filter = doc! { field: user.to_string(), "state.active": true, "_id": { "$nin": &except } };
            let ends = doc! { "state.follower_id": 1, "state.followee_id": 1 };
            let follows = fetch_all(rows.find(filter).projection(ends).limit(limit)).await?;
            found.extend(
                follows
                    .into_iter()
                    .map(|Row { state }| (state.follower_id, state.followee_id)),
            );
        }
        Ok(found)
    }
}

fn id(follower: UserId, followee: UserId) -> String {
    format!("{follower}:{followee}")
}
