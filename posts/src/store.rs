//! The collections of this service: their indexes and queries. Nothing else here writes MongoDB.
//!
//! | index of `posts` | serves |
//! |---|---|
//! | `slugs`, unique, of the private array of present and former slugs | one address, one post, for ever |
//! | `mine`: author, time of change, id | all posts of an author; those of a deleted user |
//! | `mine_on_shelf`: the same by shelf | drafts, scheduled or published posts of an author |
//! | `due`: time of planned publication | the scheduler |
//! | `purge`: time | what is to be removed for good after a deletion |
//!
//! Each but `mine_on_shelf` is partial, so that it holds only the posts that it is for.
//!
//! Beside its state a post's document holds the newest verdict on it (`verdict`), which is no change of the post,
//! and the digest of its text (`text_digest`), by which lists tell whether the verdict is about that.

mod reactions;
mod revisions;

use common::{
    api::posts::{CreatePostRequest, PostList},
    event::{PostFact, PostState, Timestamp},
    ids::{PostId, UserId},
};
use futures::TryStreamExt as _;
use mongodb::{
    IndexModel,
    bson::{Document, deserialize_from_document, doc, serialize_to_bson},
    options::IndexOptions,
};
use runtime::store::{
    Aggregate, AggregateStore, Cause, Change, Created, NewAggregate, Storage, StoreError, Stored, bounded,
};
use serde::{Deserialize, de::DeserializeOwned};

pub use reactions::ReactionStore;
pub use revisions::RevisionStore;

use crate::domain::{
    listing::{Headline, Listed},
    moderation::{self, Verdict},
    post::Post,
};

/// The service's name, in its events and bus names.
pub const SERVICE: &str = "posts";
/// The unique index that refuses a slug that another post has or had.
pub const SLUGS: &str = "slugs";
/// How long after a deletion its remains are removed once more: longer than any request that had begun takes.
const PURGE_DELAY: std::time::Duration = std::time::Duration::from_secs(30);

impl Aggregate for Post {
    type Public = PostState;
    const COLLECTION: &'static str = "posts";

    fn public(&self) -> PostState {
        Self::public(self)
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.author_id)
    }
}

/// The posts.
#[derive(Debug, Clone)]
pub struct PostStore {
    posts: AggregateStore<Post>,
}

/// A planned publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub id: String,
    pub publish_at: Timestamp,
}

impl PostStore {
    /// The posts in `database`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            posts: storage.aggregates(),
        }
    }

    /// The aggregates, to say their events again.
    pub fn aggregates(&self) -> &AggregateStore<Post> {
        &self.posts
    }

    /// Makes the indexes.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.posts.ensure_indexes().await?;
        let newest = doc! { "state.updated_at": -1, "_id": -1 };
        let under = |mut keys: Document| {
            keys.extend(newest.clone());
            keys
        };
        let on_shelf = under(doc! { "state.author_id": 1, "shelf": 1 });
        let models = vec![
            // Partial: a post without slugs must not stand in the way of another without.
            index(SLUGS, doc! { "slugs": 1 }, Some("slugs.0"), true),
            index("mine", under(doc! { "state.author_id": 1 }), Some("shelf"), false),
            index("mine_on_shelf", on_shelf, None, false),
            index(
                "due",
                doc! { "state.publish_at": 1, "_id": 1 },
                Some("state.publish_at"),
                false,
            ),
            index("purge", doc! { "purge_after": 1 }, Some("purge_after"), false),
        ];
        for model in models {
            self.posts.collection().create_index(model).await?;
        }
        Ok(())
    }

    /// Creates a post; the same `request` again finds the first result.
    pub async fn create(
        &self,
        post: Post,
        fact: PostFact,
        request: Option<&CreatePostRequest>,
        cause: &Cause,
    ) -> Result<Created<Post>, StoreError> {
        let digest = moderation::digest(&post.text);
        let derived =
            doc! { "slugs": slugs(&post), "shelf": post.list().map(PostList::as_str), "text_digest": digest };
        let new = NewAggregate::new(post, fact)
            .with_private(derived)
            .with_request(request);
        self.posts.create(new, cause).await
    }

    /// What an earlier, equal request made.
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

    /// Commits what was decided on `prior`, with all that is derived from it for the indexes.
    pub async fn commit(
        &self,
        prior: &Stored<Post>,
        post: Post,
        fact: PostFact,
        cause: &Cause,
    ) -> Result<Stored<Post>, StoreError> {
        let derived = match post.list() {
            Some(shelf) => doc! { "$set": {
                "slugs": slugs(&post),
                "shelf": shelf.as_str(),
                "text_digest": moderation::digest(&post.text),
            } },
            // The slugs stay as they are.
            None => {
                let purge_after = post.updated_at.plus(PURGE_DELAY).to_string();
                let gone = doc! { "shelf": "", "text_digest": "", "verdict": "" };
                doc! { "$set": { "purge_after": purge_after }, "$unset": gone }
            }
        };
        let change = Change::new(post, fact).with_private(derived);
        self.posts.commit(prior, change, cause).await
    }

    /// Notes a verdict on the post `id`, unless a newer one is known or the post is gone.
    pub async fn store_verdict(&self, id: PostId, verdict: &Verdict) -> Result<(), StoreError> {
        let version = i64::try_from(verdict.version).unwrap_or(i64::MAX);
        let older = doc! { "verdict.version": { "$lt": version } };
        let filter = doc! {
            "_id": id.to_string(),
            "shelf": { "$exists": true },
            "$or": [doc! { "verdict": { "$exists": false } }, older],
        };
        let update = doc! { "$set": { "verdict": serialize_to_bson(verdict)? } };
        bounded(async {
            Ok(self
                .posts
                .collection()
                .update_one(filter, update)
                .await
                .map(drop)?)
        })
        .await
    }

    /// The newest verdict on the post `id`, if one is known.
    pub async fn verdict(&self, id: PostId) -> Result<Option<Verdict>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            verdict: Option<Verdict>,
        }
        let find = self.posts.collection().find_one(doc! { "_id": id.to_string() });
        let find = find.projection(doc! { "verdict": 1 });
        let found = bounded(async { Ok(find.await?) }).await?;
        let row: Option<Row> = found.map(deserialize_from_document).transpose()?;
        Ok(row.and_then(|row| row.verdict))
    }

    /// The posts of `author` on `shelf`, or all but deleted ones, latest change first, at most `limit`, behind
    /// `after`.
    pub async fn mine(
        &self,
        author: UserId,
        shelf: Option<PostList>,
        after: Option<&(Timestamp, PostId)>,
        limit: u32,
    ) -> Result<Vec<Listed>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            version: i64,
            state: Headline,
            verdict: Option<Verdict>,
            text_digest: Option<String>,
        }
        let mut filter = doc! { "state.author_id": author.to_string() };
        match shelf {
            Some(shelf) => filter.insert("shelf", shelf.as_str()),
            None => filter.insert("shelf", doc! { "$exists": true }),
        };
        if let Some((time, id)) = after {
            let (time, id) = (time.to_string(), id.to_string());
            // Says nothing new, but bounds the scan of the index.
            filter.insert("state.updated_at", doc! { "$lte": &time });
            filter.insert(
                "$or",
                vec![
                    doc! { "state.updated_at": { "$lt": &time } },
                    doc! { "state.updated_at": &time, "_id": { "$lt": id } },
                ],
            );
        }
        let find = self
            .posts
            .collection()
            .find(filter)
            .sort(doc! { "state.updated_at": -1, "_id": -1 })
            .projection(doc! { "state.text.body": 0, "outbox": 0, "last_event": 0 })
            .limit(i64::from(limit));
        let rows: Vec<Row> = all(find).await?;
        let listed = |Row {
                          version,
                          state: post,
                          verdict,
                          text_digest,
                      }: Row| Listed {
            version: u64::try_from(version).unwrap_or_default(),
            verdict: verdict
                .filter(|verdict| verdict.digest.is_some() && verdict.digest == text_digest)
                .filter(|verdict| verdict.is_enforced(post.status, post.held_back)),
            post,
        };
        Ok(rows.into_iter().map(listed).collect())
    }

    /// Some posts of `author` that are not deleted.
    pub async fn any_by(&self, author: UserId, limit: u32) -> Result<Vec<PostId>, StoreError> {
        let posts = self.mine(author, None, None, limit).await?;
        Ok(posts.into_iter().map(|listed| listed.post.id).collect())
    }

    /// Planned publications up to `until`, earliest first, at most `limit`, behind `after`.
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
            state: Planned,
        }
        #[derive(Deserialize)]
        struct Planned {
            publish_at: Timestamp,
        }
        let mut times = doc! { "$exists": true, "$lte": until.to_string() };
        let mut filter = Document::new();
        if let Some(after) = after {
            let time = after.publish_at.to_string();
            times.insert("$gte", &time);
            filter.insert(
                "$or",
                vec![
                    doc! { "state.publish_at": { "$gt": &time } },
                    doc! { "state.publish_at": &time, "_id": { "$gt": &after.id } },
                ],
            );
        }
        filter.insert("state.publish_at", times);
        let find = self
            .posts
            .collection()
            .find(filter)
            .sort(doc! { "state.publish_at": 1, "_id": 1 })
            .projection(doc! { "state.publish_at": 1 })
            .limit(i64::from(limit));
        let rows: Vec<Row> = all(find).await?;
        let due = |row: Row| Due {
            id: row.id,
            publish_at: row.state.publish_at,
        };
        Ok(rows.into_iter().map(due).collect())
    }

    /// Deleted posts whose remains are to be removed by `now`.
    pub async fn to_purge(&self, now: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "_id")]
            id: String,
        }
        let filter = doc! { "purge_after": { "$exists": true, "$lte": now.to_string() } };
        let find = self
            .posts
            .collection()
            .find(filter)
            .projection(doc! { "_id": 1 })
            .limit(i64::from(limit));
        Ok(all::<Row>(find).await?.into_iter().map(|row| row.id).collect())
    }

    /// Notes that nothing is left to remove of these posts.
    pub async fn mark_purged(&self, ids: &[String]) -> Result<(), StoreError> {
        let (filter, update) = (
            doc! { "_id": { "$in": ids } },
            doc! { "$unset": { "purge_after": "" } },
        );
        bounded(async {
            Ok(self
                .posts
                .collection()
                .update_many(filter, update)
                .await
                .map(drop)?)
        })
        .await
    }
}

/// Every address that leads to the post or ever led to it.
fn slugs(post: &Post) -> Vec<&str> {
    post.slug
        .iter()
        .chain(&post.former_slugs)
        .map(String::as_str)
        .collect()
}

/// The index `name`, only of documents that have the field `partial`.
fn index(name: &str, keys: Document, partial: Option<&str>, unique: bool) -> IndexModel {
    let mut options = IndexOptions::default();
    options.name = Some(name.to_owned());
    options.unique = unique.then_some(true);
    options.partial_filter_expression = partial.map(|field| doc! { field: { "$exists": true } });
    IndexModel::builder().keys(keys).options(options).build()
}

/// All documents that `find` finds, which has a limit.
async fn all<T: DeserializeOwned>(find: mongodb::action::Find<'_, Document>) -> Result<Vec<T>, StoreError> {
    bounded(async {
        let documents: Vec<Document> = find.await?.try_collect().await?;
        let read = |document| Ok(deserialize_from_document(document)?);
        documents.into_iter().map(read).collect()
    })
    .await
}
