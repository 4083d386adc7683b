//! Who follows whom.

use common::{event::FollowState, ids::UserId};
use mongodb::bson::doc;
use runtime::store::{Aggregate, AggregateStore, Cause, Change, NewAggregate, Storage, StoreError, Stored};
use serde::{Deserialize, Serialize};

use super::{index, named};
use crate::domain::follow::Decision;

/// How often a command is decided anew after losing a race.
const ATTEMPTS: usize = 16;

/// A follow as stored; all of it is public.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Follow(pub FollowState);

impl Aggregate for Follow {
    type Public = FollowState;
    const COLLECTION: &'static str = "follows";

    fn public(&self) -> FollowState {
        self.0.clone()
    }
}

/// The follows.
#[derive(Debug, Clone)]
pub struct Follows {
    /// The aggregates.
    pub aggregates: AggregateStore<Follow>,
}

impl Follows {
    /// The follows in `database`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            aggregates: storage.aggregates(),
        }
    }

    /// Makes the indexes by which a deletion finds the follows of and by somebody.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.aggregates.ensure_indexes().await?;
        let collection = self.aggregates.collection();
        for (name, field) in [
            ("follower", "state.follower_id"),
            ("followee", "state.followee_id"),
        ] {
            index(collection, doc! { field: 1, "state.active": 1 }, named(name)).await?;
        }
        Ok(())
    }

    /// Loads, decides, commits, and again if somebody else was faster; `None` if there is and shall be nothing.
    ///
    /// # Errors
    /// What `decide` says, or those of the store.
    pub async fn decide<E: From<StoreError>>(
        &self,
        follower: UserId,
        followee: UserId,
        cause: &Cause,
        decide: impl Fn(Option<&FollowState>) -> Result<Option<Decision>, E>,
    ) -> Result<Option<Stored<Follow>>, E> {
        let id = format!("{follower}:{followee}");
        let mut attempt = 0;
        loop {
            let present = self.aggregates.find(&id).await?;
            let Some((state, fact)) = decide(present.as_ref().map(|stored| &stored.state.0))? else {
                return Ok(present);
            };
            let state = Follow(state);
            let result = match &present {
                None => {
                    let created = self
                        .aggregates
                        .create(NewAggregate::new(state, fact), cause)
                        .await;
                    created.map(|created| created.into_stored())
                }
                Some(present) => {
                    self.aggregates
                        .commit(present, Change::new(state, fact), cause)
                        .await
                }
            };
            match result {
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) if attempt < ATTEMPTS => {
                    attempt += 1;
                }
                result => return Ok(Some(result?)),
            }
        }
    }

    /// Some of the follows of and by `user` that go on. Served by `follower` and `followee`.
    ///
    /// # Errors
    /// If the database is away.
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
