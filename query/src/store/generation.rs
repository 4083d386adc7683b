//! A complete set of the read model's collections.

use std::time::Duration;

use mongodb::{
    Collection, Database,
    bson::{Document, doc},
};
use runtime::store::StoreError;

use crate::model::{
    CommentDocument, FollowDocument, MonthDocument, PostCountsDocument, PostDocument, ReactionDocument,
    TagDocument, UserCountsDocument, UserDocument, WordDocument,
};

/// The time limit of a step of the projection. No client waits for it, and a batch of large posts takes longer than a
/// request may.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(30);

/// The collections of one generation, each named `g<number>_<name>`.
#[derive(Debug, Clone)]
pub struct Generation {
    pub number: u32,
    database: Database,
    pub posts: Collection<PostDocument>,
    pub users: Collection<UserDocument>,
    pub comments: Collection<CommentDocument>,
    pub reactions: Collection<ReactionDocument>,
    pub follows: Collection<FollowDocument>,
    pub post_counts: Collection<PostCountsDocument>,
    pub user_counts: Collection<UserCountsDocument>,
    pub tags: Collection<TagDocument>,
    pub months: Collection<MonthDocument>,
    pub words: Collection<WordDocument>,
}

/// The names of the collections, without their prefix.
pub const COLLECTIONS: [&str; 10] = [
    "posts",
    "users",
    "comments",
    "reactions",
    "follows",
    "post_counts",
    "user_counts",
    "tags",
    "months",
    "words",
];

impl Generation {
    pub(super) fn new(database: &Database, number: u32) -> Self {
        let name = |name: &str| format!("g{number}_{name}");
        Self {
            number,
            database: database.clone(),
            posts: database.collection(&name("posts")),
            users: database.collection(&name("users")),
            comments: database.collection(&name("comments")),
            reactions: database.collection(&name("reactions")),
            follows: database.collection(&name("follows")),
            post_counts: database.collection(&name("post_counts")),
            user_counts: database.collection(&name("user_counts")),
            tags: database.collection(&name("tags")),
            months: database.collection(&name("months")),
            words: database.collection(&name("words")),
        }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Drops its collections and its checkpoint. Idempotent.
    pub async fn remove(&self) -> Result<(), StoreError> {
        with_background_timeout(async {
            for name in COLLECTIONS {
                let name = format!("g{}_{name}", self.number);
                self.database.collection::<Document>(&name).drop().await?;
            }
            let meta = self.database.collection::<Document>("meta");
            for kind in ["checkpoint", "retired"] {
                let id = format!("{kind}:{}", self.number);
                meta.delete_one(doc! { "_id": id }).await?;
            }
            Ok(())
        })
        .await
    }
}

/// Runs an operation that no client waits for.
///
/// # Errors
/// The error of `operation`, or [`StoreError::Unavailable`] after half a minute.
pub async fn with_background_timeout<T>(
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(BACKGROUND_TIMEOUT, operation).await {
        Ok(result) => result,
        Err(elapsed) => Err(StoreError::Unavailable(Box::new(elapsed))),
    }
}
