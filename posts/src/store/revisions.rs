//! Former texts of posts, each named by the version of the post that brought it. Index `of_post`: post, version.

use common::{event::Timestamp, ids::PostId};
use mongodb::{
    Collection, Database,
    bson::{Document, deserialize_from_document, doc, serialize_to_bson},
};
use runtime::store::{StoreError, Stored, bounded};
use serde::Deserialize;

use super::{all, index};
use crate::domain::{
    listing::{Revision, RevisionHead},
    post::{Post, Text},
};

/// The former texts.
#[derive(Debug, Clone)]
pub struct RevisionStore {
    revisions: Collection<Document>,
}

#[derive(Deserialize)]
struct Row {
    version: i64,
    at: Timestamp,
    title: String,
    bytes: i64,
}

#[derive(Deserialize)]
struct Full {
    version: i64,
    at: Timestamp,
    text: Text,
}

impl RevisionStore {
    /// The former texts in `database`.
    pub fn new(database: &Database) -> Self {
        Self {
            revisions: database.collection("post_revisions"),
        }
    }

    /// Makes the index.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let of_post = index("of_post", doc! { "post_id": 1, "version": -1 }, None, false);
        self.revisions.create_index(of_post).await?;
        Ok(())
    }

    /// Keeps the present text of `post`. What a version brought never changes, so whoever else archives it writes
    /// the same, and the first write stands.
    pub async fn archive(&self, post: &Stored<Post>) -> Result<(), StoreError> {
        let (state, id) = (&post.state, &post.id);
        let version = number(state.text_version);
        let revision = doc! {
            "post_id": id,
            "version": version,
            "at": state.text_at.to_string(),
            "title": &state.text.title,
            "bytes": i64::try_from(state.text.body.len()).unwrap_or(i64::MAX),
            "text": serialize_to_bson(&state.text)?,
        };
        let upsert = self
            .revisions
            .update_one(
                doc! { "_id": format!("{id}@{version}") },
                doc! { "$setOnInsert": revision },
            )
            .upsert(true);
        match bounded(async { Ok(upsert.await.map(drop)?) }).await {
            Err(StoreError::Duplicate { .. }) => Ok(()),
            result => result,
        }
    }

    /// Removes all but the newest `kept` of `post`.
    pub async fn trim(&self, post: &str, kept: u64) -> Result<(), StoreError> {
        let find = self
            .revisions
            .find(doc! { "post_id": post })
            .sort(doc! { "version": -1 })
            .projection(doc! { "text": 0 })
            .skip(kept)
            .limit(1);
        let Some(Row { version, .. }) = all(find).await?.pop() else {
            return Ok(());
        };
        let surplus = doc! { "post_id": post, "version": { "$lte": version } };
        bounded(async { Ok(self.revisions.delete_many(surplus).await.map(drop)?) }).await
    }

    /// Those of `post` older than version `before`, newest first, at most `limit`.
    pub async fn older(
        &self,
        post: PostId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<RevisionHead>, StoreError> {
        let find = self
            .revisions
            .find(doc! { "post_id": post.to_string(), "version": { "$lt": number(before) } })
            .sort(doc! { "version": -1 })
            .projection(doc! { "text": 0 })
            .limit(i64::from(limit));
        let rows: Vec<Row> = all(find).await?;
        let head = |row: Row| RevisionHead {
            version: u64::try_from(row.version).unwrap_or_default(),
            at: row.at,
            title: row.title,
            bytes: u64::try_from(row.bytes).unwrap_or_default(),
        };
        Ok(rows.into_iter().map(head).collect())
    }

    /// The text that `version` brought, if it is kept.
    pub async fn find(&self, post: PostId, version: u64) -> Result<Option<Revision>, StoreError> {
        let id = format!("{post}@{version}");
        let found = bounded(async { Ok(self.revisions.find_one(doc! { "_id": id }).await?) }).await?;
        let full: Option<Full> = found.map(deserialize_from_document).transpose()?;
        Ok(full.map(|full| Revision {
            version: u64::try_from(full.version).unwrap_or_default(),
            at: full.at,
            text: full.text,
        }))
    }

    /// Removes all of `posts`.
    pub async fn remove(&self, posts: &[String]) -> Result<(), StoreError> {
        let filter = doc! { "post_id": { "$in": posts } };
        bounded(async { Ok(self.revisions.delete_many(filter).await.map(drop)?) }).await
    }
}

fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
