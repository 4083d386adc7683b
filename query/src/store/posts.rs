//! The queries of posts. Each names the index that serves it.

use std::collections::HashMap;

use common::{
    api::query::PostCounts,
    event::Timestamp,
    ids::{PostId, UserId},
};
use mongodb::{
    bson::{Document, doc},
    options::{FindOptions, Hint},
};
use runtime::store::{OPERATION_TIMEOUT, StoreError};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    generation::Generation,
    queries::{MAX_MERGED, collect},
};
use crate::model::{PostCountsDocument, PostDocument};

/// The fields that only filters use.
const SEARCH_FIELDS: [&str; 2] = ["search_words", "search_text"];

/// Selects published posts; all given conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostSelector {
    pub tag: Option<String>,
    /// Posts of one of these authors.
    pub authors: Option<Vec<UserId>>,
    /// Posts with one of these words in the title or a tag.
    pub words: Option<Vec<String>>,
    /// Posts with words that begin with each of these.
    pub beginnings: Vec<String>,
    /// Posts published at or after this time.
    pub from: Option<Timestamp>,
    /// Posts published before this time.
    pub to: Option<Timestamp>,
    /// Posts with one of these ids.
    pub ids: Option<Vec<PostId>>,
}

/// The sort key of lists of posts.
pub type PostKey = (Timestamp, PostId);

impl PostSelector {
    /// Whether it matches no post, whatever the database contains.
    pub fn matches_nothing(&self) -> bool {
        self.words.as_ref().is_some_and(Vec::is_empty) || self.ids.as_ref().is_some_and(Vec::is_empty)
    }

    /// The filter of the query for posts after `after` in the order of the lists.
    pub fn document(&self, after: Option<PostKey>) -> Document {
        let mut query = doc! { "status": "published" };
        if let Some(tag) = &self.tag {
            query.insert("tags", tag);
        }
        match self.authors.as_deref() {
            Some([author]) => drop(query.insert("author_id", author.to_string())),
            Some(authors) => drop(query.insert("author_id", doc! { "$in": texts(authors) })),
            None => {}
        }
        match self.words.as_deref() {
            Some([word]) => drop(query.insert("search_words", word)),
            Some(words) => drop(query.insert("search_words", doc! { "$in": words })),
            None => {}
        }
        if !self.beginnings.is_empty() {
            // Words consist of letters and digits, so they need no escapes.
            let conditions = self.beginnings.iter();
            let conditions = conditions.map(|word| doc! { "search_text": { "$regex": format!(" {word}") } });
            query.insert("$and", conditions.collect::<Vec<_>>());
        }
        if let Some(ids) = &self.ids {
            query.insert("_id", doc! { "$in": texts(ids) });
        }
        let mut published = Document::new();
        if let Some(from) = self.from {
            published.insert("$gte", from.to_string());
        }
        if let Some(to) = self.to {
            published.insert("$lt", to.to_string());
        }
        if let Some((at, id)) = after {
            let (at, id) = (at.to_string(), id.to_string());
            // The bound is for the index; those of the same millisecond that were shown are left out after it.
            published.insert("$lte", &at);
            let earlier = doc! { "published_at": { "$lt": &at } };
            let beside = doc! { "published_at": at, "_id": { "$lt": id } };
            query.insert("$or", [earlier, beside].to_vec());
        }
        if !published.is_empty() {
            query.insert("published_at", published);
        }
        query
    }

    /// The order of the lists.
    pub fn order() -> Document {
        doc! { "published_at": -1, "_id": -1 }
    }

    /// The index to use, if the server's choice would be wrong.
    pub fn hint(&self) -> Option<&'static str> {
        // The server may expect to find posts of these authors (or with these words) soon among all posts, which is
        // wrong for a few authors who seldom publish. Merging their lists is faster. For many authors the expectation
        // is right.
        let is_merged = |values: usize| (2..=MAX_MERGED).contains(&values);
        if is_merged(self.authors.as_ref().map_or(0, Vec::len)) {
            return Some("by_author");
        }
        let has_other_index = self.tag.is_some() || self.authors.is_some() || self.ids.is_some();
        (!has_other_index && self.words.is_some()).then_some("by_word")
    }
}

/// The projection that omits `fields` and the search fields.
fn without(fields: &[&str]) -> Document {
    let omitted = SEARCH_FIELDS.iter().chain(fields);
    omitted.map(|field| ((*field).to_owned(), 0.into())).collect()
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(T::to_string).collect()
}

/// A post found by a slug: its current one, or a former one.
#[derive(Debug)]
pub enum SlugMatch {
    Current(Box<PostDocument>),
    Former(Box<PostDocument>),
}

/// A post in the sitemap.
#[derive(Debug, Clone, Deserialize)]
pub struct PostAddress {
    #[serde(rename = "_id")]
    pub id: PostId,
    pub slug: Option<String>,
    pub updated_at: Timestamp,
    pub published_at: Timestamp,
}

/// A post as a link to it.
#[derive(Debug, Clone, Deserialize)]
pub struct PostTitle {
    #[serde(rename = "_id")]
    pub id: PostId,
    pub slug: Option<String>,
    pub title: String,
    pub published_at: Timestamp,
}

impl Generation {
    /// Published posts, newest first, after `after`. Indexes `newest`, `by_tag`, `by_author`, `by_word`, or `_id`.
    pub async fn posts_page(
        &self,
        selector: &PostSelector,
        after: Option<PostKey>,
        limit: i64,
    ) -> Result<Vec<PostDocument>, StoreError> {
        let found = self.select(selector, after, limit, without(&["html", "toc"]));
        self.with_counts(found.await?).await
    }

    /// The newest published posts in full. Indexes as for [`posts_page`](Self::posts_page).
    pub async fn newest_in_full(
        &self,
        selector: &PostSelector,
        limit: i64,
    ) -> Result<Vec<PostDocument>, StoreError> {
        let found = self.select(selector, None, limit, without(&["toc"]));
        self.with_counts(found.await?).await
    }

    /// The addresses of published posts, newest first, after `after`. Index `newest`.
    pub async fn addresses_page(
        &self,
        selector: &PostSelector,
        after: Option<PostKey>,
        limit: i64,
    ) -> Result<Vec<PostAddress>, StoreError> {
        let fields = doc! { "slug": 1, "updated_at": 1, "published_at": 1 };
        self.select(selector, after, limit, fields).await
    }

    async fn select<T: DeserializeOwned + Unpin + Send + Sync>(
        &self,
        selector: &PostSelector,
        after: Option<PostKey>,
        limit: i64,
        fields: Document,
    ) -> Result<Vec<T>, StoreError> {
        let options = FindOptions::builder()
            .sort(PostSelector::order())
            .limit(limit)
            .projection(fields)
            .hint(selector.hint().map(|name| Hint::Name(name.to_owned())))
            .build();
        collect(&self.posts, selector.document(after), options).await
    }

    /// The author's published posts before and after this sort key. Index `by_author`.
    pub async fn neighbours(
        &self,
        author: UserId,
        (at, id): PostKey,
    ) -> Result<[Option<PostTitle>; 2], StoreError> {
        let (at, id) = (at.to_string(), id.to_string());
        let nearest = |bound: &str, beyond: &str, order: i32| {
            // The first bound is for the index, as in the lists.
            let filter = doc! {
                "author_id": author.to_string(),
                "status": "published",
                "published_at": { bound: &at },
                "$or": [{ "published_at": { beyond: &at } }, { "published_at": &at, "_id": { beyond: &id } }],
            };
            let options = FindOptions::builder()
                .sort(doc! { "published_at": order, "_id": order })
                .limit(1)
                .projection(doc! { "slug": 1, "title": 1, "published_at": 1 })
                .build();
            collect::<PostTitle, _>(&self.posts, filter, options)
        };
        let (mut before, mut after) =
            tokio::try_join!(nearest("$lte", "$lt", -1), nearest("$gte", "$gt", 1))?;
        Ok([before.pop(), after.pop()])
    }

    /// The post in any state. By `_id`.
    pub async fn post(&self, id: PostId) -> Result<Option<PostDocument>, StoreError> {
        self.find_post(doc! { "_id": id.to_string() }).await
    }

    /// The published post with this slug, else the published post with this former slug, else a post that is not public.
    /// Indexes `by_slug`, `by_former_slug`.
    pub async fn post_by_slug(&self, slug: &str) -> Result<Option<SlugMatch>, StoreError> {
        let current = doc! { "slug": slug, "status": "published" };
        if let Some(post) = self.find_post(current).await? {
            return Ok(Some(SlugMatch::Current(Box::new(post))));
        }
        let former = doc! { "former_slugs": slug, "status": "published" };
        if let Some(post) = self.find_post(former).await? {
            return Ok(Some(SlugMatch::Former(Box::new(post))));
        }
        let hidden = doc! { "$or": [{ "slug": slug }, { "former_slugs": slug }] };
        let hidden = self.find_post(hidden).await?;
        Ok(hidden.map(|post| SlugMatch::Current(Box::new(post))))
    }

    async fn find_post(&self, filter: Document) -> Result<Option<PostDocument>, StoreError> {
        // `deleted` sorts before `draft`: clients learn about a deletion, but not about a draft.
        let found = self.posts.find_one(filter).sort(doc! { "status": 1 });
        let found = found.projection(without(&[])).max_time(OPERATION_TIMEOUT).await?;
        Ok(self.with_counts(found.into_iter().collect()).await?.pop())
    }

    /// The posts with their counters. By `_id`.
    async fn with_counts(&self, mut posts: Vec<PostDocument>) -> Result<Vec<PostDocument>, StoreError> {
        if posts.is_empty() {
            return Ok(posts);
        }
        let ids: Vec<String> = posts.iter().map(|post| post.id.to_string()).collect();
        let filter = doc! { "_id": { "$in": ids } };
        let found: Vec<PostCountsDocument> =
            collect(&self.post_counts, filter, FindOptions::default()).await?;
        let counts: HashMap<PostId, PostCountsDocument> =
            found.into_iter().map(|counts| (counts.id, counts)).collect();
        for post in &mut posts {
            if let Some(counts) = counts.get(&post.id) {
                post.counts = PostCounts {
                    comments: counts.comments,
                    reactions: counts.reactions,
                };
            }
        }
        Ok(posts)
    }
}
