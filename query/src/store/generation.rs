//! One complete set of the read model's collections.

use std::time::Duration;

use mongodb::{
    Collection, Database,
    bson::{Document, doc},
};
use runtime::store::StoreError;

use crate::model::{
    CommentDocument, FollowDocument, MonthDocument, PostDocument, ReactionDocument, TagDocument, UserDocument,
};

/// The collections of one generation, each named `g<number>_<what>`.
#[derive(Debug, Clone)]
pub struct Generation {
    pub number: u32,
    database: Database,
    pub posts: Collection<PostDocument>,
    pub users: Collection<UserDocument>,
    pub comments: Collection<CommentDocument>,
    pub reactions: Collection<ReactionDocument>,
    pub follows: Collection<FollowDocument>,
    pub tags: Collection<TagDocument>,
    pub months: Collection<MonthDocument>,
}

/// The collections of a generation, without their prefix.
pub const COLLECTIONS: [&str; 7] = [
    "posts",
    "users",
    "comments",
    "reactions",
    "follows",
    "tags",
    "months",
];

/// How long one step of the projection or of the upkeep may take. Nobody waits for an answer meanwhile, and a
/// batch of large posts takes longer than a request may.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Generation {
    pub(super) fn new(database: &Database, number: u32) -> Self {
        let name = |what: &str| format!("g{number}_{what}");
        Self {
            number,
            database: database.clone(),
            posts: database.collection(&name("posts")),
            users: database.collection(&name("users")),
            comments: database.collection(&name("comments")),
            reactions: database.collection(&name("reactions")),
            follows: database.collection(&name("follows")),
            tags: database.collection(&name("tags")),
            months: database.collection(&name("months")),
        }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// All its collections with their plain names.
    pub fn collections(&self) -> impl Iterator<Item = (&'static str, Collection<Document>)> {
        COLLECTIONS.into_iter().map(|what| {
            let name = format!("g{}_{what}", self.number);
            (what, self.database.collection(&name))
        })
    }

    /// Drops its collections and its checkpoint.
    ///
    /// # Errors
    /// If the database is away; it may be done again.
    pub async fn remove(&self) -> Result<(), StoreError> {
        patiently(async {
            for (_, collection) in self.collections() {
                collection.drop().await?;
            }
            let meta: Collection<Document> = self.database.collection("meta");
            for kind in ["checkpoint", "retired"] {
                meta.delete_one(doc! { "_id": format!("{kind}:{}", self.number) })
                    .await?;
            }
            Ok(())
        })
        .await
    }
}

/// Runs an operation that no request waits for, for at most half a minute.
///
/// # Errors
/// Those of `operation`, or [`StoreError::Unavailable`] when the time is up.
pub async fn patiently<T>(operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(TIMEOUT, operation).await {
        Ok(result) => result,
        Err(elapsed) => Err(StoreError::Unavailable(Box::new(elapsed))),
    }
}
