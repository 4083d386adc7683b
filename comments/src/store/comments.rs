//! Comments in the database.

use common::{
    event::{CommentState, CommentStatus, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use mongodb::{
    IndexModel,
    bson::{Document, doc, serialize_to_bson},
    options::IndexOptions,
};
use runtime::store::{Aggregate, AggregateStore, Storage, StoreError, Stored, bounded};

use crate::domain::Comment;

impl Aggregate for Comment {
    type Public = CommentState;
    const COLLECTION: &'static str = "comments";

    fn public(&self) -> CommentState {
        self.to_public()
    }
}

/// The name of the index of one author's comments. Equality on author and status, then the order of the list, so
/// that a page reads its own entries and no others; by its first field it also finds all comments of an author.
const BY_AUTHOR: &str = "by_author";
/// The same of one author's comments on one post.
const BY_POST_AND_AUTHOR: &str = "by_post_and_author";

/// What an author's own list shows unless it is asked for one status: all that is not deleted.
const LIVING: [CommentStatus; 3] = [
    CommentStatus::Pending,
    CommentStatus::Approved,
    CommentStatus::Rejected,
];

/// The aggregates, whose events `relay` publishes.
pub fn aggregates(storage: &Storage) -> AggregateStore<Comment> {
    storage.aggregates()
}

/// Which part of an author's own list is wanted, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Mine {
    /// Whose list.
    pub author_id: UserId,
    /// Only comments on this post.
    pub post_id: Option<PostId>,
    /// Only comments in this status; otherwise all but the deleted ones.
    pub status: Option<CommentStatus>,
    /// The last entry of the page before.
    pub after: Option<(Timestamp, CommentId)>,
    /// The most entries.
    pub limit: u32,
}

impl Mine {
    /// The query of it.
    ///
    /// # Errors
    /// None that could happen: a status can be written.
    pub fn filter(&self) -> Result<Document, StoreError> {
        let statuses = self.status.map_or_else(|| LIVING.to_vec(), |status| vec![status]);
        let mut filter = doc! {
            "state.author_id": self.author_id.to_string(),
            "state.status": { "$in": serialize_to_bson(&statuses)? },
        };
        if let Some(post) = self.post_id {
            filter.insert("state.post_id", post.to_string());
        }
        if let Some((created_at, id)) = self.after {
            let created_at = created_at.to_string();
            // The bound is for the index; those of the same millisecond that were shown are left out after it.
            filter.insert("state.created_at", doc! { "$lte": &created_at });
            let older = doc! { "state.created_at": { "$lt": &created_at } };
            let beside = doc! { "state.created_at": created_at, "_id": { "$lt": id.to_string() } };
            filter.insert("$or", [older, beside]);
        }
        Ok(filter)
    }

    /// Its order.
    pub fn order() -> Document {
        doc! { "state.created_at": -1, "_id": -1 }
    }
}

/// Queries of comments.
#[derive(Debug, Clone)]
pub struct Comments(AggregateStore<Comment>);

impl Comments {
    /// Queries of what `store` holds.
    pub fn new(store: AggregateStore<Comment>) -> Self {
        Self(store)
    }

    /// Makes the indexes.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let index = |name: &str, mut first: Document| {
            first.extend(doc! { "state.status": 1, "state.created_at": -1, "_id": -1 });
            let options = IndexOptions::builder().name(name.to_owned()).build();
            IndexModel::builder().keys(first).options(options).build()
        };
        let indexes = [
            index(BY_AUTHOR, doc! { "state.author_id": 1 }),
            index(
                BY_POST_AND_AUTHOR,
                doc! { "state.post_id": 1, "state.author_id": 1 },
            ),
        ];
        self.0.ensure_indexes().await?;
        bounded(async { Ok(self.0.collection().create_indexes(indexes).await.map(drop)?) }).await
    }

    /// An author's own comments. Index `by_author`, or `by_post_and_author`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn mine(&self, mine: Mine) -> Result<Vec<Stored<Comment>>, StoreError> {
        self.0
            .list(mine.filter()?, Mine::order(), i64::from(mine.limit))
            .await
    }

    /// Some of the comments that bear `author_id`, deleted ones too, at most `limit`. Index `by_author`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn of_author(&self, author_id: UserId, limit: i64) -> Result<Vec<CommentId>, StoreError> {
        let filter = doc! { "state.author_id": author_id.to_string() };
        let found = self.0.list(filter, Document::new(), limit).await?;
        Ok(found.into_iter().map(|comment| comment.state.id).collect())
    }
}
