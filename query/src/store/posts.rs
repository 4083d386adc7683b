//! The queries of posts. Each names the index that serves it.

use common::{
    event::Timestamp,
    ids::{PostId, UserId},
};
use mongodb::{
    bson::{Document, doc},
    options::{FindOptions, Hint},
};
use runtime::store::StoreError;
use serde::Deserialize;

use super::{Generation, queries::collect};
use crate::model::PostDocument;

/// MongoDB merges so many ranges of an index without sorting (`internalQueryMaxScansToExplode`).
const MAX_MERGED: usize = 200;

/// Which published posts a list shows: those to which all that is given applies.
#[derive(Debug, Clone, Default)]
pub struct PostFilter {
    pub tag: Option<String>,
    /// Of one of them.
    pub authors: Option<Vec<UserId>>,
    /// Filed under all of these, the longest first: see [`words`](crate::words).
    pub terms: Vec<String>,
    /// Published then or later.
    pub from: Option<Timestamp>,
    /// Published before.
    pub to: Option<Timestamp>,
    /// One of these.
    pub ids: Option<Vec<PostId>>,
}

/// A post's place in the lists.
pub type PostKey = (Timestamp, PostId);

impl PostFilter {
    /// The query of it, behind `after` in the order of the lists.
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
        if let Some((longest, others)) = self.terms.split_first() {
            // One word, as a rule the rarest, is looked up in the index. The others are asked of what it finds, as
            // an expression: a second condition on the same field keeps some servers from using the index.
            query.insert("terms", longest);
            if !others.is_empty() {
                let terms = doc! { "$ifNull": ["$terms", []] };
                query.insert("$expr", doc! { "$setIsSubset": [{ "$literal": others }, terms] });
            }
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

    /// The index to use, where it is not for the server to choose.
    pub fn hint(&self) -> Option<&'static str> {
        // The lists of a few authors are read side by side. The server may think that it soon finds posts of theirs
        // among all, which it does not if they are quiet people; of many authors it is right.
        let authors = self.authors.as_ref().map_or(0, Vec::len);
        (2..=MAX_MERGED).contains(&authors).then_some("by_author")
    }
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(T::to_string).collect()
}

/// How a post was found by a slug.
#[derive(Debug)]
pub enum SlugMatch {
    Present(Box<PostDocument>),
    Former(Box<PostDocument>),
}

/// A post as the sitemap has it.
#[derive(Debug, Clone, Deserialize)]
pub struct PostAddress {
    #[serde(rename = "_id")]
    pub id: PostId,
    pub slug: Option<String>,
    pub updated_at: Timestamp,
    pub published_at: Timestamp,
}

/// A post as its neighbours name it.
#[derive(Debug, Clone, Deserialize)]
pub struct PostTitle {
    #[serde(rename = "_id")]
    pub id: PostId,
    pub slug: Option<String>,
    pub title: String,
    pub published_at: Timestamp,
}

impl Generation {
    /// Published posts, newest first, behind `after`. Indexes `newest`, `by_tag`, `by_author`, `by_term`, or `_id`.
    pub async fn posts_page(
        &self,
        filter: &PostFilter,
        after: Option<PostKey>,
        limit: i64,
    ) -> Result<Vec<PostDocument>, StoreError> {
        let options = FindOptions::builder()
            .sort(PostFilter::order())
            .limit(limit)
            .projection(doc! { "html": 0, "toc": 0, "terms": 0 })
            .hint(filter.hint().map(|name| Hint::Name(name.to_owned())))
            .build();
        collect(&self.posts, filter.document(after), options).await
    }

    /// The newest published posts in full. Indexes as of [`posts_page`](Self::posts_page).
    pub async fn newest_in_full(
        &self,
        filter: &PostFilter,
        limit: i64,
    ) -> Result<Vec<PostDocument>, StoreError> {
        let options = FindOptions::builder()
            .sort(PostFilter::order())
            .limit(limit)
            .projection(doc! { "toc": 0, "terms": 0 })
            .build();
        collect(&self.posts, filter.document(None), options).await
    }

    /// The addresses of published posts, newest first, behind `after`. Index `newest`.
    pub async fn addresses_page(
        &self,
        filter: &PostFilter,
        after: Option<PostKey>,
        limit: i64,
    ) -> Result<Vec<PostAddress>, StoreError> {
        let options = FindOptions::builder()
            .sort(PostFilter::order())
            .limit(limit)
            .projection(doc! { "slug": 1, "updated_at": 1, "published_at": 1 })
            .build();
        collect(&self.posts, filter.document(after), options).await
    }

    /// The published posts of that author before and after this place in the lists. Index `by_author`.
    pub async fn neighbours(
        &self,
        author: UserId,
        (at, id): PostKey,
    ) -> Result<[Option<PostTitle>; 2], StoreError> {
        let (at, id) = (at.to_string(), id.to_string());
        let nearest = |bound: &str, beyond: &str, order: i32| {
            // The bound is for the index, as in the lists.
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

    /// The post, in whatever state. By `_id`.
    pub async fn post(&self, id: PostId) -> Result<Option<PostDocument>, StoreError> {
        self.find_post(doc! { "_id": id.to_string() }).await
    }

    /// What a slug leads to: a published post that has it, else one that had it, else one that is not public and
    /// has it. Indexes `by_slug`, `by_former_slug`.
    pub async fn post_by_slug(&self, slug: &str) -> Result<Option<SlugMatch>, StoreError> {
        let present = doc! { "slug": slug, "status": "published" };
        if let Some(post) = self.find_post(present).await? {
            return Ok(Some(SlugMatch::Present(Box::new(post))));
        }
        let former = doc! { "former_slugs": slug, "status": "published" };
        if let Some(post) = self.find_post(former).await? {
            return Ok(Some(SlugMatch::Former(Box::new(post))));
        }
        let hidden = doc! { "$or": [{ "slug": slug }, { "former_slugs": slug }] };
        let hidden = self.find_post(hidden).await?;
        Ok(hidden.map(|post| SlugMatch::Present(Box::new(post))))
    }

    async fn find_post(&self, filter: Document) -> Result<Option<PostDocument>, StoreError> {
        // `deleted` sorts before `draft`: that it is gone is worth knowing, a draft is not there for anybody.
        let found = self.posts.find_one(filter).sort(doc! { "status": 1 });
        Ok(found.projection(doc! { "terms": 0 }).await?)
    }
}
