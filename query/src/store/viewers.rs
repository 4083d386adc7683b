//! The queries of a user's follows and reactions. Each names the index that serves it.

use common::{
    event::ReactionKind,
    ids::{PostId, UserId},
};
use mongodb::{bson::doc, options::FindOptions};
use runtime::store::{OPERATION_TIMEOUT, StoreError};
use serde::Deserialize;

use super::{generation::Generation, queries::collect};

/// The maximum number of followed users whose posts are listed: those followed last.
const MAX_FOLLOWED: i64 = 1000;

#[derive(Deserialize)]
struct Followed {
    followee_id: UserId,
}

impl Generation {
    /// The users whom `follower` follows, latest first, at most [`MAX_FOLLOWED`]. Index `followed`, which covers the query.
    pub async fn followed(&self, follower: UserId) -> Result<Vec<UserId>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! { "changed_at": -1, "followee_id": 1 })
            .limit(MAX_FOLLOWED)
            .projection(doc! { "followee_id": 1, "_id": 0 })
            .build();
        let filter = doc! { "follower_id": follower.to_string(), "active": true };
        let found: Vec<Followed> = collect(&self.follows, filter, options).await?;
        Ok(found.into_iter().map(|followed| followed.followee_id).collect())
    }

    /// Whether `follower` follows `followee`. By `_id`.
    pub async fn follows(&self, follower: UserId, followee: UserId) -> Result<bool, StoreError> {
        let filter = doc! { "_id": format!("{follower}:{followee}"), "active": true };
        let follows = self.follows.clone_with_type::<Followed>();
        let found = follows.find_one(filter).projection(doc! { "followee_id": 1 });
        Ok(found.max_time(OPERATION_TIMEOUT).await?.is_some())
    }

    /// The reaction of `user` to `post`. By `_id`.
    pub async fn reaction(&self, post: PostId, user: UserId) -> Result<Option<ReactionKind>, StoreError> {
        let filter = doc! { "_id": format!("{post}:{user}"), "active": true };
        let found = self
            .reactions
            .find_one(filter)
            .max_time(OPERATION_TIMEOUT)
            .await?;
        Ok(found.map(|reaction| reaction.kind))
    }
}
