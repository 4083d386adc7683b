//! Posts.
//!
//! | index | serves |
//! |---|---|
//! | `slugs`, unique, of the private array of current and former slugs | each slug belongs to one post forever; an own post by slug |
//! | `mine`: author, time of change, id | all posts of an author; those of a deleted user |
//! | `by_author_status`: the same by list | drafts, scheduled or published posts of an author |
//! | `due`: time of scheduled publication | the scheduler |
//! | `purge`: time | removing what remains of deleted posts |
//!
//! All are partial: each contains only the posts that it serves.
//!
//! Beside the state a post's document has the newest verdict on it (`verdict`), which is no change of the post, and the
//! digest of its text (`text_digest`), by which lists find out whether the verdict applies to the text.

use std::time::Duration;

use common::{
    api::posts::{CreatePostRequest, OwnPostsParams, PostList, PostSummary},
    event::{PostFact, PostState, Timestamp},
    ids::{PostId, UserId},
};
use mongodb::bson::{Document, doc, serialize_to_bson};
use runtime::store::{
    Aggregate, AggregateStore, Cause, Change, Created, Index, ListOrder, NewAggregate, Storage, StoreError,
    Stored, execute, fetch_all,
};
use serde::Deserialize;

use crate::domain::{
    moderation::{self, Verdict},
    post::{Post, Status},
};

const LAST_CHANGED: ListOrder = ListOrder::newest_first("state.updated_at");
const EARLIEST_DUE: ListOrder = ListOrder::oldest_first("state.publish_at");
/// The unique index of slugs.
pub const SLUGS: &str = "slugs";
/// The stored field with the [`PostList`] of a post that is not deleted.
const LIST: &str = "shelf";
/// The delay after a deletion before what remains is removed once more: longer than any request takes.
const PURGE_DELAY: Duration = Duration::from_secs(30);

impl Aggregate for Post {
    type Public = PostState;
    const COLLECTION: &'static str = "posts";

    fn public(&self) -> PostState {
        Self::public(self)
    }

    /// `None` for a tombstone, which the removal of a deleted user's posts leaves.
    fn owner(&self) -> Option<UserId> {
        (self.status != Status::Deleted).then_some(self.author_id)
    }

    fn indexes() -> Vec<Index> {
        let last_changed = |mut keys: Document| {
            keys.extend(doc! { "state.updated_at": -1, "_id": -1 });
            keys
        };
        let by_author = last_changed(doc! { "state.author_id": 1 });
        let by_author_status = last_changed(doc! { "state.author_id": 1, LIST: 1 });
        let due = doc! { "state.publish_at": 1, "_id": 1 };
        vec![
            Index::new(SLUGS, doc! { "slugs": 1 })
                .unique()
                .where_exists("slugs.0"),
            Index::new("mine", by_author).where_exists(LIST),
            Index::new("by_author_status", by_author_status).where_exists(LIST),
            Index::new("due", due).where_exists("state.publish_at"),
            Index::new("purge", doc! { "purge_after": 1 }).where_exists("purge_after"),
        ]
    }
}

/// The posts.
#[derive(Debug, Clone)]
pub struct PostStore {
    posts: AggregateStore<Post>,
}

/// A scheduled publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub id: String,
    pub publish_at: Timestamp,
}

impl PostStore {
    /// The posts in `storage`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            posts: storage.aggregates(),
        }
    }

    /// Creates a post; a repeated `request` finds the first result.
    pub async fn create(
        &self,
        post: Post,
        fact: PostFact,
        request: Option<&CreatePostRequest>,
        cause: &Cause,
    ) -> Result<Created<Post>, StoreError> {
        let derived = derived(&post);
        let new = NewAggregate::new(post, fact)
            .with_private(derived)
            .with_request(request)?;
        self.posts.create(new, cause).await
    }

    /// The result of an earlier, equal request.
    pub async fn repeated(
        &self,
        id: PostId,
        request: &CreatePostRequest,
    ) -> Result<Option<Stored<Post>>, StoreError> {
        self.posts.repeated(&id.to_string(), request).await
    }

    /// The post `id`.
    pub async fn load(&self, id: PostId) -> Result<Stored<Post>, StoreError> {
        self.posts.load(&id.to_string()).await
    }

    /// Commits a decision on `prior`, together with the fields derived from it for the indexes.
    pub async fn commit(
        &self,
        prior: &Stored<Post>,
        post: Post,
        fact: PostFact,
        cause: &Cause,
    ) -> Result<Stored<Post>, StoreError> {
        let derived = if post.list().is_some() {
            doc! { "$set": derived(&post) }
        } else {
            // The slugs stay reserved.
            let purge_after = post.updated_at.plus(PURGE_DELAY).to_string();
            let private = doc! { LIST: "", "text_digest": "", "verdict": "" };
            doc! { "$set": { "purge_after": purge_after }, "$unset": private }
        };
        let change = Change::new(post, fact).with_private(derived);
        self.posts.commit(prior, change, cause).await
    }

    /// Stores a verdict on the post `id`, unless a newer one is stored or the post is deleted.
    pub async fn store_verdict(&self, id: PostId, verdict: &Verdict) -> Result<(), StoreError> {
        let version = i64::try_from(verdict.version).unwrap_or(i64::MAX);
        let older = doc! { "verdict.version": { "$lt": version } };
        let filter = doc! {
            "_id": id.to_string(),
            LIST: { "$exists": true },
            "$or": [doc! { "verdict": { "$exists": false } }, older],
        };
        let verdict = serialize_to_bson(verdict).map_err(StoreError::Serialize)?;
        let update = doc! { "$set": { "verdict": verdict } };
        execute(self.posts.collection().update_one(filter, update))
            .await
            .map(drop)
    }

    /// The newest verdict on the post `id`, if there is one.
    pub async fn verdict(&self, id: PostId) -> Result<Option<Verdict>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            verdict: Option<Verdict>,
        }
        let rows = self.posts.documents_as::<Row>();
        let find = rows.find_one(doc! { "_id": id.to_string() });
        let row = execute(find.projection(doc! { "verdict": 1 })).await?;
        Ok(row.and_then(|row| row.verdict))
    }

    /// At most `limit` posts of `author` after `after` that match `filter`, last changed first.
    pub async fn by_author(
        &self,
        author: UserId,
        filter: &OwnPostsParams,
        after: Option<&(Timestamp, PostId)>,
        limit: u32,
    ) -> Result<Vec<PostSummary>, StoreError> {
        let mut selector = doc! { "state.author_id": author.to_string() };
        match filter.status {
            Some(list) => selector.insert(LIST, list.as_str()),
            None => selector.insert(LIST, doc! { "$exists": true }),
        };
        if let Some(slug) = &filter.slug {
            // The second condition makes the partial index usable.
            selector.extend(doc! { "slugs": slug, "slugs.0": { "$exists": true } });
        }
        let filter = LAST_CHANGED.continue_after(selector, after.map(|(time, id)| (*time, id as _)));
        let rows = self.posts.documents_as::<SummaryRow>();
        let find = rows
            .find(filter)
            .sort(LAST_CHANGED.sort())
            .projection(doc! { "state.text.body": 0, "outbox": 0, "last_event": 0 })
            .limit(i64::from(limit));
        let rows = fetch_all(find).await?;
        Ok(rows.into_iter().map(PostSummary::from).collect())
    }

    /// The ids of at most `limit` posts of `author`, without `except`.
    pub async fn ids_by_author(
        &self,
        author: UserId,
        except: &[PostId],
        limit: u32,
    ) -> Result<Vec<PostId>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "_id")]
            id: PostId,
        }
        let except: Vec<_> = except.iter().map(PostId::to_string).collect();
        let filter = doc! {
            "state.author_id": author.to_string(),
            LIST: { "$exists": true },
            "_id": { "$nin": except },
        };
        let rows = self.posts.documents_as::<Row>();
        let find = rows.find(filter).projection(doc! { "_id": 1 });
        let rows = fetch_all(find.limit(i64::from(limit))).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// At most `limit` scheduled publications until `until` after `after`, earliest first.
    pub async fn due(
        &self,
        until: Timestamp,
        after: Option<&Due>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "_id")]
            id: String,
            state: Scheduled,
        }
        #[derive(Deserialize)]
        struct Scheduled {
            publish_at: Timestamp,
        }
        let times = doc! { "$exists": true, "$lte": until.to_string() };
        let filter = doc! { "state.publish_at": times };
        let filter = EARLIEST_DUE.continue_after(filter, after.map(|due| (due.publish_at, &due.id as _)));
        let rows = self.posts.documents_as::<Row>();
        let find = rows
            .find(filter)
            .sort(EARLIEST_DUE.sort())
            .projection(doc! { "state.publish_at": 1 })
            .limit(i64::from(limit));
        let due = |row: Row| Due {
            id: row.id,
            publish_at: row.state.publish_at,
        };
        Ok(fetch_all(find).await?.into_iter().map(due).collect())
    }

    /// At most `limit` deleted posts of which everything that remains is to be removed by `now`.
    pub async fn to_purge(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "_id")]
            id: String,
        }
        let filter = doc! { "purge_after": { "$exists": true, "$lte": now.to_string() } };
        let rows = self.posts.documents_as::<Row>();
        let find = rows.find(filter).projection(doc! { "_id": 1 });
        let rows = fetch_all(find.limit(i64::from(limit))).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Records that nothing remains of the deleted posts `ids`.
    pub async fn mark_purged(&self, ids: &[String]) -> Result<(), StoreError> {
        let filter = doc! { "_id": { "$in": ids } };
        let update = doc! { "$unset": { "purge_after": "" } };
        execute(self.posts.collection().update_many(filter, update))
            .await
            .map(drop)
    }
}

/// The private fields that are derived from a post that is not deleted.
fn derived(post: &Post) -> Document {
    let slugs: Vec<&String> = post.slug.iter().chain(&post.former_slugs).collect();
    doc! {
        "slugs": slugs,
        LIST: post.list().map(PostList::as_str),
        "text_digest": moderation::digest(&post.text),
    }
}

/// A post without its body.
#[derive(Deserialize)]
struct SummaryRow {
    version: u64,
    state: Summary,
    verdict: Option<Verdict>,
    text_digest: Option<String>,
}

#[derive(Deserialize)]
struct Summary {
    id: PostId,
    status: Status,
    slug: Option<String>,
    text: SummaryText,
    tags: Vec<String>,
    cover: Option<String>,
    publish_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    published_at: Option<Timestamp>,
    #[serde(default)]
    held_back: bool,
}

#[derive(Deserialize)]
struct SummaryText {
    title: String,
    summary: Option<String>,
}

impl From<SummaryRow> for PostSummary {
    fn from(row: SummaryRow) -> Self {
        let post = row.state;
        let current = row.verdict.filter(|verdict| {
            verdict.digest.is_some()
                && verdict.digest == row.text_digest
                && verdict.is_enforced(post.status, post.held_back)
        });
        Self {
            id: post.id,
            version: row.version,
            status: post.status.list(post.publish_at),
            slug: post.slug,
            title: post.text.title,
            summary: post.text.summary,
            tags: post.tags,
            cover: post.cover,
            publish_at: post.publish_at,
            created_at: post.created_at,
            updated_at: post.updated_at,
            published_at: post.published_at,
            moderation: current.as_ref().and_then(Verdict::for_author),
        }
    }
}
