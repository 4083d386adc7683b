//! The queries of users, tags, months and comments. Each names the index that serves it.

use common::{
    api::query::UserCounts,
    event::Timestamp,
    ids::{CommentId, PostId, UserId},
};
use futures::TryStreamExt as _;
use mongodb::{
    Collection,
    bson::{Document, doc},
    options::FindOptions,
};
use runtime::store::{OPERATION_TIMEOUT, StoreError};
use serde::{Deserialize, de::DeserializeOwned};

use super::generation::Generation;
use crate::model::{MonthDocument, TagDocument, UserDocument, WordDocument};

/// MongoDB merges up to this many ranges of an index without sorting (`internalQueryMaxScansToExplode`).
pub(super) const MAX_MERGED: usize = 200;

/// The ids that begin with `prefix`.
fn ids_with(prefix: &str) -> Document {
    // The last character of all sorts after every character that a tag or word can contain.
    doc! { "$gte": prefix, "$lt": format!("{prefix}{}", char::MAX) }
}

/// A comment's place in its thread.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommentPlace {
    #[serde(rename = "_id")]
    pub id: CommentId,
    pub parent_id: Option<CommentId>,
    pub created_at: Timestamp,
    pub visible: bool,
}

/// The public content of a comment.
#[derive(Debug, Clone, Deserialize)]
pub struct CommentText {
    #[serde(rename = "_id")]
    pub id: CommentId,
    pub v: i64,
    pub author_id: Option<UserId>,
    pub html: String,
    pub edited_at: Option<Timestamp>,
}

pub(super) async fn collect<T: DeserializeOwned + Unpin + Send + Sync, D: Send + Sync>(
    collection: &Collection<D>,
    filter: Document,
    mut options: FindOptions,
) -> Result<Vec<T>, StoreError> {
    // The server, too, ends what the client no longer waits for.
    options.max_time = Some(OPERATION_TIMEOUT);
    let typed = collection.clone_with_type::<T>();
    Ok(typed
        .find(filter)
        .with_options(options)
        .await?
        .try_collect()
        .await?)
}

impl Generation {
    /// Users by id. By `_id`.
    pub async fn users(&self, ids: Vec<String>) -> Result<Vec<UserDocument>, StoreError> {
        let options = FindOptions::builder().projection(doc! { "bio": 0 }).build();
        collect(&self.users, doc! { "_id": { "$in": ids } }, options).await
    }

    /// The user with this user name, in lower case, with the counters. Index `by_username`.
    pub async fn user_by_name(&self, key: &str) -> Result<Option<UserDocument>, StoreError> {
        // Two accounts have it while a rename is being applied: the newer one wins for a moment.
        let found = self.users.find_one(doc! { "username_key": key });
        let found = found.sort(doc! { "_id": -1 }).max_time(OPERATION_TIMEOUT);
        let Some(mut user) = found.await? else {
            return Ok(None);
        };
        let counts = self.user_counts.find_one(doc! { "_id": user.id.to_string() });
        if let Some(counts) = counts.max_time(OPERATION_TIMEOUT).await? {
            user.counts = UserCounts {
                posts: counts.posts,
                followers: counts.followers,
                following: counts.following,
            };
        }
        Ok(Some(user))
    }

    /// Months with published posts, latest first, after `after`. By `_id`.
    pub async fn months_page(
        &self,
        after: Option<String>,
        limit: i64,
    ) -> Result<Vec<MonthDocument>, StoreError> {
        let mut filter = doc! { "posts": { "$gt": 0 } };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$lt": after });
        }
        let options = FindOptions::builder()
            .sort(doc! { "_id": -1 })
            .limit(limit)
            .build();
        collect(&self.months, filter, options).await
    }

    /// Tags of published posts that begin with `prefix`, most used first, after `after` (number of posts and name). Index
    /// `by_count`, or `_id` for a rare prefix.
    pub async fn tags_page(
        &self,
        prefix: Option<&str>,
        after: Option<(u32, String)>,
        limit: i64,
    ) -> Result<Vec<TagDocument>, StoreError> {
        let mut filter = doc! { "posts": { "$gt": 0 } };
        if let Some(prefix) = prefix {
            filter.insert("_id", ids_with(prefix));
        }
        if let Some((posts, tag)) = after {
            filter.insert("posts", doc! { "$gt": 0, "$lte": posts });
            let rarer = doc! { "posts": { "$lt": posts } };
            let beside = doc! { "posts": posts, "_id": { "$gt": tag } };
            filter.insert("$or", [rarer, beside].to_vec());
        }
        let options = FindOptions::builder()
            .sort(doc! { "posts": -1, "_id": 1 })
            .limit(limit)
            .build();
        collect(&self.tags, filter, options).await
    }

    /// Words of titles and tags that begin with `prefix`: the first 200 in alphabetical order. By `_id`.
    pub async fn words_with(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! { "_id": 1 })
            .limit(i64::try_from(MAX_MERGED).unwrap_or(i64::MAX))
            .build();
        let found: Vec<WordDocument> =
            collect(&self.words, doc! { "_id": ids_with(prefix) }, options).await?;
        Ok(found.into_iter().map(|found| found.word).collect())
    }

    /// The comments of a post that reply to none, visible or not, oldest first, after `after`. Index `in_threads`.
    pub async fn root_comments(
        &self,
        post: PostId,
        after: Option<(Timestamp, CommentId)>,
        limit: i64,
    ) -> Result<Vec<CommentPlace>, StoreError> {
        let mut filter = doc! { "post_id": post.to_string(), "parent_id": null };
        if let Some((at, id)) = after {
            let (at, id) = (at.to_string(), id.to_string());
            // The bound is for the index, as in lists of posts.
            filter.insert("created_at", doc! { "$gte": &at });
            let later = doc! { "created_at": { "$gt": &at } };
            let beside = doc! { "created_at": at, "_id": { "$gt": id } };
            filter.insert("$or", [later, beside].to_vec());
        }
        self.places(filter, limit).await
    }

    /// The replies to `parents`, visible or not, oldest first. Index `in_threads`.
    pub async fn replies(
        &self,
        post: PostId,
        parents: Vec<String>,
        limit: i64,
    ) -> Result<Vec<CommentPlace>, StoreError> {
        let filter = doc! { "post_id": post.to_string(), "parent_id": { "$in": parents } };
        self.places(filter, limit).await
    }

    async fn places(&self, filter: Document, limit: i64) -> Result<Vec<CommentPlace>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! { "created_at": 1, "_id": 1 })
            .limit(limit)
            .projection(doc! { "parent_id": 1, "created_at": 1, "visible": 1 })
            .build();
        collect(&self.comments, filter, options).await
    }

    /// The texts of visible comments. By `_id`.
    pub async fn comment_texts(&self, ids: Vec<String>) -> Result<Vec<CommentText>, StoreError> {
        let options = FindOptions::builder()
            .projection(doc! { "v": 1, "author_id": 1, "html": 1, "edited_at": 1 })
            .build();
        collect(
            &self.comments,
            doc! { "_id": { "$in": ids }, "visible": true },
            options,
        )
        .await
    }
}
