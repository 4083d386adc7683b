//! Queries of comments.

use common::{
    event::{CommentState, CommentStatus, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use mongodb::bson::{Document, doc, serialize_to_bson};
use runtime::store::{Aggregate, AggregateStore, Index, ListOrder, StoreError, Stored, fetch_all};
use serde::Deserialize;

use crate::domain::Comment;

impl Aggregate for Comment {
    type Public = CommentState;
    const COLLECTION: &'static str = "comments";

    fn public(&self) -> CommentState {
        self.to_public()
    }

    /// `None` for a tombstone and for an anonymous comment, as the removal of a deleted user leaves them.
    fn owner(&self) -> Option<UserId> {
        self.author_id.filter(|_| !self.is_deleted())
    }

    /// Equality on author and status, then the order of the list, so that a page reads only its own entries.
    /// `by_author` also finds all comments of an author.
    fn indexes() -> Vec<Index> {
        let index = |name, mut keys: Document| {
            keys.extend(doc! { "state.status": 1, "state.created_at": -1, "_id": -1 });
            Index::new(name, keys)
        };
        vec![
            index("by_author", doc! { "state.author_id": 1 }),
            index(
                "by_post_and_author",
                doc! { "state.post_id": 1, "state.author_id": 1 },
            ),
        ]
    }
}

/// The order of an author's own comments.
pub const ORDER: ListOrder = ListOrder::newest_first("state.created_at");

/// The statuses of an author's own comments, unless the filter names one: all but deleted.
const NOT_DELETED: [CommentStatus; 3] = [
    CommentStatus::Pending,
    CommentStatus::Approved,
    CommentStatus::Rejected,
];

/// The filter and the page of an author's own comments, newest first.
#[derive(Debug, Clone, Copy)]
pub struct CommentFilter {
    pub author_id: UserId,
    /// Only comments on this post.
    pub post_id: Option<PostId>,
    /// Only comments in this status; otherwise all but the deleted ones.
    pub status: Option<CommentStatus>,
    /// The last entry of the previous page.
    pub after: Option<(Timestamp, CommentId)>,
    pub limit: u32,
}

impl CommentFilter {
    /// # Errors
    /// None: a status can always be serialised.
    pub fn query(&self) -> Result<Document, StoreError> {
        let statuses = self
            .status
            .map_or_else(|| NOT_DELETED.to_vec(), |status| vec![status]);
        let mut filter = doc! {
            "state.author_id": self.author_id.to_string(),
            "state.status": { "$in": serialize_to_bson(&statuses)? },
        };
        if let Some(post) = self.post_id {
            filter.insert("state.post_id", post.to_string());
        }
        let after = self.after.as_ref();
        Ok(ORDER.continue_after(filter, after.map(|(time, id)| (*time, id as _))))
    }
}

/// Queries of comments.
#[derive(Debug, Clone)]
pub struct Comments(AggregateStore<Comment>);

impl Comments {
    pub fn new(store: AggregateStore<Comment>) -> Self {
        Self(store)
    }

    /// An author's own comments. Index `by_author`, or `by_post_and_author`.
    pub async fn own(&self, filter: &CommentFilter) -> Result<Vec<Stored<Comment>>, StoreError> {
        let limit = i64::from(filter.limit);
        self.0.list(filter.query()?, ORDER.sort(), limit).await
    }

    /// The ids of at most `limit` comments of an author but `except`, deleted ones included. Reads no state, so that one
    /// which this release cannot read hides no others. Index `by_author`.
    pub async fn of_author(
        &self,
        author_id: UserId,
        except: &[CommentId],
        limit: i64,
    ) -> Result<Vec<CommentId>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "_id")]
            id: CommentId,
        }
        let except: Vec<_> = except.iter().map(CommentId::to_string).collect();
        let filter = doc! { "state.author_id": author_id.to_string(), "_id": { "$nin": except } };
        let rows = self.0.documents_as::<Row>();
        let found = rows.find(filter).limit(limit).projection(doc! { "_id": 1 });
        Ok(fetch_all(found).await?.into_iter().map(|row| row.id).collect())
    }
}
