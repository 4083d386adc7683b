//! The queries of what one person follows and likes. Each names the index that serves it.

use common::{
    event::ReactionKind,
    ids::{PostId, UserId},
};
use mongodb::{
    bson::{Document, doc},
    options::FindOptions,
};
use runtime::store::StoreError;
use serde::Deserialize;

use super::{Generation, queries::collect};

/// The most people whose posts make one's own list: those followed last.
pub const MAX_FOLLOWED: i64 = 1000;

#[derive(Deserialize)]
struct Followed {
    followee_id: UserId,
}

impl Generation {
    /// Those whom `follower` follows, the latest first, at most [`MAX_FOLLOWED`]. Index `followed`, which holds all
    /// that is asked.
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
        let follows = self.follows.clone_with_type::<Document>();
        let found = follows.find_one(filter).projection(doc! { "_id": 1 }).await?;
        Ok(found.is_some())
    }

    /// How `user` reacts to `post`, if they do. By `_id`.
    pub async fn reaction(&self, post: PostId, user: UserId) -> Result<Option<ReactionKind>, StoreError> {
        let filter = doc! { "_id": format!("{post}:{user}"), "active": true };
        let found = self.reactions.find_one(filter).await?;
        Ok(found.map(|reaction| reaction.kind))
    }
}
