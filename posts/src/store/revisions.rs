//! Former texts of posts, each identified by the version of the post that introduced it.

use common::{
    api::posts::{RevisionEntry, RevisionText},
    event::Timestamp,
    ids::PostId,
};
use mongodb::{
    Collection,
    bson::{doc, serialize_to_bson},
};
use runtime::store::{Index, Storage, StoreError, Stored, ensure_indexes, execute, fetch_all};
use serde::Deserialize;

use crate::domain::post::{Post, Text};

/// The former texts.
#[derive(Debug, Clone)]
pub struct RevisionStore {
    revisions: Collection<Row>,
}

/// A document; queries that do not need the text leave it out.
#[derive(Debug, Deserialize)]
struct Row {
    version: u64,
    at: Timestamp,
    title: String,
    bytes: u64,
    text: Option<Text>,
}

impl RevisionStore {
    /// The former texts in `storage`.
    pub fn new(storage: &Storage) -> Self {
        Self {
            revisions: storage.collection("post_revisions"),
        }
    }

    /// Creates the index.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let of_post = Index::new("of_post", doc! { "post_id": 1, "version": -1 });
        ensure_indexes(&self.revisions, [of_post]).await
    }

    /// Stores the current text of `post`. The text of a version never changes, so the first of several equal writes
    /// stands.
    pub async fn archive(&self, post: &Stored<Post>) -> Result<(), StoreError> {
        let (state, id) = (&post.state, &post.id);
        let version = number(state.text_version);
        let revision = doc! {
            "post_id": id,
            "version": version,
            "at": state.text_at.to_string(),
            "title": &state.text.title,
            "bytes": i64::try_from(state.text.body.len()).unwrap_or(i64::MAX),
            "text": serialize_to_bson(&state.text).map_err(StoreError::Serialize)?,
        };
        let id = doc! { "_id": format!("{id}@{version}") };
        let upsert = self
            .revisions
            .update_one(id, doc! { "$setOnInsert": revision })
            .upsert(true);
        match execute(upsert).await {
            Ok(_) | Err(StoreError::Duplicate { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes all revisions of `post` but the newest `kept`.
    pub async fn trim(&self, post: &str, kept: u64) -> Result<(), StoreError> {
        let newest_first = doc! { "version": -1 };
        let find = self.revisions.find_one(doc! { "post_id": post });
        let surplus = find.sort(newest_first).projection(doc! { "text": 0 }).skip(kept);
        let Some(newest) = execute(surplus).await? else {
            return Ok(());
        };
        let surplus = doc! { "post_id": post, "version": { "$lte": number(newest.version) } };
        execute(self.revisions.delete_many(surplus)).await.map(drop)
    }

    /// At most `limit` revisions of `post` older than version `before`, newest first.
    pub async fn older(
        &self,
        post: PostId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<RevisionEntry>, StoreError> {
        let older = doc! { "post_id": post.to_string(), "version": { "$lt": number(before) } };
        let find = self
            .revisions
            .find(older)
            .sort(doc! { "version": -1 })
            .projection(doc! { "text": 0 })
            .limit(i64::from(limit));
        let entry = |row: Row| RevisionEntry {
            version: row.version,
            created_at: row.at,
            title: row.title,
            bytes: row.bytes,
        };
        Ok(fetch_all(find).await?.into_iter().map(entry).collect())
    }

    /// The text that `version` introduced, if it is kept.
    pub async fn find(&self, post: PostId, version: u64) -> Result<Option<RevisionText>, StoreError> {
        let id = doc! { "_id": format!("{post}@{version}") };
        let found = execute(self.revisions.find_one(id)).await?;
        Ok(found.and_then(|row| {
            let text = row.text?;
            Some(RevisionText {
                version: row.version,
                created_at: row.at,
                title: text.title,
                body: text.body,
                summary: text.summary,
            })
        }))
    }

    /// Removes all revisions of `posts`.
    pub async fn remove(&self, posts: &[String]) -> Result<(), StoreError> {
        let filter = doc! { "post_id": { "$in": posts } };
        execute(self.revisions.delete_many(filter)).await.map(drop)
    }
}

fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
