//! The queries of the reads. Each names the index that serves it.

use common::{
    event::{AggregateKind, Timestamp},
    ids::{CommentId, PostId, UserId},
    store::StoreError,
};
use futures::TryStreamExt as _;
use mongodb::{
    Collection,
    bson::{Document, doc},
    options::FindOptions,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::Generation;
use crate::model::{PostDocument, TagDocument, UserDocument};

/// Comments of one post that a thread is made of; those beyond (the latest) are not shown.
pub const MAX_COMMENTS: i64 = 20_000;

/// Which posts a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostFilter<'a> {
    pub tag: Option<&'a str>,
    pub author: Option<UserId>,
}

/// A post's place in the lists.
pub type PostKey = (Timestamp, PostId);

/// How a post was found by a slug.
#[derive(Debug)]
pub enum SlugMatch {
    Present(Box<PostDocument>),
    Former(Box<PostDocument>),
}

/// A comment without its text, for its place in the thread.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommentPlace {
    #[serde(rename = "_id")]
    pub id: CommentId,
    pub parent_id: Option<CommentId>,
    pub created_at: Timestamp,
    pub visible: bool,
}

/// The shown part of a comment.
#[derive(Debug, Clone, Deserialize)]
pub struct CommentText {
    #[serde(rename = "_id")]
    pub id: CommentId,
    pub author_id: Option<UserId>,
    pub html: String,
    pub edited_at: Option<Timestamp>,
}

/// How far the model is with an aggregate, and which answers show it.
#[derive(Debug, Clone, Deserialize)]
pub struct Shown {
    #[serde(rename = "_id")]
    pub id: String,
    pub v: i64,
    pub batch: i64,
    pub author_id: Option<UserId>,
    pub post_id: Option<PostId>,
    pub follower_id: Option<UserId>,
    pub followee_id: Option<UserId>,
    pub username_key: Option<String>,
}

async fn collect<T: DeserializeOwned + Unpin + Send + Sync, D: Send + Sync>(
    collection: &Collection<D>,
    filter: Document,
    options: FindOptions,
) -> Result<Vec<T>, StoreError> {
    let typed = collection.clone_with_type::<T>();
    Ok(typed
        .find(filter)
        .with_options(options)
        .await?
        .try_collect()
        .await?)
}

impl Generation {
    /// Published posts, newest first, behind `after`. Indexes `newest`, `by_tag`, `by_author`.
    pub async fn posts_page(
        &self,
        filter: PostFilter<'_>,
        after: Option<PostKey>,
        limit: i64,
    ) -> Result<Vec<PostDocument>, StoreError> {
        let mut query = doc! { "status": "published" };
        if let Some(tag) = filter.tag {
            query.insert("tags", tag);
        }
        if let Some(author) = filter.author {
            query.insert("author_id", author.to_string());
        }
        if let Some((at, id)) = after {
            let (at, id) = (at.to_string(), id.to_string());
            query.insert("published_at", doc! { "$lte": &at });
            query.insert(
                "$or",
                [
                    doc! { "published_at": { "$lt": &at } },
                    doc! { "published_at": &at, "_id": { "$lt": id } },
                ]
                .to_vec(),
            );
        }
        let options = FindOptions::builder()
            .sort(doc! { "published_at": -1, "_id": -1 })
            .limit(limit)
            .projection(doc! { "html": 0, "toc": 0 })
            .build();
        collect(&self.posts, query, options).await
    }

    /// The post, in whatever state. By `_id`.
    pub async fn post(&self, id: PostId) -> Result<Option<PostDocument>, StoreError> {
        Ok(self.posts.find_one(doc! { "_id": id.to_string() }).await?)
    }

    /// What a slug leads to: a published post that has it, else one that had it, else one that is not public and
    /// has it. Indexes `by_slug`, `by_former_slug`.
    pub async fn post_by_slug(&self, slug: &str) -> Result<Option<SlugMatch>, StoreError> {
        let present = self
            .posts
            .find_one(doc! { "slug": slug, "status": "published" })
            .await?;
        if let Some(post) = present {
            return Ok(Some(SlugMatch::Present(Box::new(post))));
        }
        let former = self
            .posts
            .find_one(doc! { "former_slugs": slug, "status": "published" })
            .await?;
        if let Some(post) = former {
            return Ok(Some(SlugMatch::Former(Box::new(post))));
        }
        // `deleted` sorts before `draft`: that it is gone is worth knowing, a draft is not there for anybody.
        let hidden = self
            .posts
            .find_one(doc! { "$or": [{ "slug": slug }, { "former_slugs": slug }] });
        let hidden = hidden.sort(doc! { "status": 1 }).await?;
        Ok(hidden.map(|post| SlugMatch::Present(Box::new(post))))
    }

    /// People by id.
    pub async fn people(&self, ids: Vec<String>) -> Result<Vec<UserDocument>, StoreError> {
        let options = FindOptions::builder().projection(doc! { "bio": 0 }).build();
        collect(&self.users, doc! { "_id": { "$in": ids } }, options).await
    }

    /// The person with that user name, in lower case. Index `by_username`.
    pub async fn person_named(&self, key: &str) -> Result<Option<UserDocument>, StoreError> {
        // Where two seem to bear it, a rename of one of them is under way: the newer account wins for a moment.
        Ok(self
            .users
            .find_one(doc! { "username_key": key })
            .sort(doc! { "_id": -1 })
            .await?)
    }

    /// Tags of published posts, those with most first. Index `by_count`.
    pub async fn top_tags(&self, limit: i64) -> Result<Vec<TagDocument>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! { "posts": -1, "_id": 1 })
            .limit(limit)
            .build();
        collect(&self.tags, doc! { "posts": { "$gt": 0 } }, options).await
    }

    /// The visible comments of a post, oldest first. Index `in_order`.
    pub async fn visible_comments(&self, post: PostId) -> Result<Vec<CommentPlace>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! { "created_at": 1, "_id": 1 })
            .limit(MAX_COMMENTS)
            .projection(doc! { "parent_id": 1, "created_at": 1, "visible": 1 })
            .build();
        collect(
            &self.comments,
            doc! { "post_id": post.to_string(), "visible": true },
            options,
        )
        .await
    }

    /// Comments of a post by id, whatever their state. By `_id`.
    pub async fn comment_places(
        &self,
        post: PostId,
        ids: Vec<String>,
    ) -> Result<Vec<CommentPlace>, StoreError> {
        let options = FindOptions::builder()
            .projection(doc! { "parent_id": 1, "created_at": 1, "visible": 1 })
            .build();
        let filter = doc! { "_id": { "$in": ids }, "post_id": post.to_string() };
        collect(&self.comments, filter, options).await
    }

    /// The texts of visible comments. By `_id`.
    pub async fn comment_texts(&self, ids: Vec<String>) -> Result<Vec<CommentText>, StoreError> {
        let options = FindOptions::builder()
            .projection(doc! { "author_id": 1, "html": 1, "edited_at": 1 })
            .build();
        collect(
            &self.comments,
            doc! { "_id": { "$in": ids }, "visible": true },
            options,
        )
        .await
    }

    /// How far the model is with these aggregates of one kind. By `_id`.
    pub async fn shown(&self, kind: AggregateKind, ids: Vec<&str>) -> Result<Vec<Shown>, StoreError> {
        let fields = doc! { "v": 1, "batch": 1, "author_id": 1, "post_id": 1, "follower_id": 1,
        "followee_id": 1, "username_key": 1 };
        let options = FindOptions::builder().projection(fields).build();
        let filter = doc! { "_id": { "$in": ids } };
        match kind {
            AggregateKind::Post => collect(&self.posts, filter, options).await,
            AggregateKind::User => collect(&self.users, filter, options).await,
            AggregateKind::Comment => collect(&self.comments, filter, options).await,
            AggregateKind::Reaction => collect(&self.reactions, filter, options).await,
            AggregateKind::Follow => collect(&self.follows, filter, options).await,
            // Not in the model.
            AggregateKind::Verdict
            | AggregateKind::Report
            | AggregateKind::Ruleset
            | AggregateKind::DeadLetter => Ok(Vec::new()),
        }
    }
}
