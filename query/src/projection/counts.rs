//! Recounts what a batch affects, by one grouped query for each kind of counter.
//!
//! A recount looks at the stored documents, so it is right whatever the order of events was: a comment that arrived before
//! its post is already stored when the post arrives. A post remembers the tags and the month under which it may be counted
//! (`counted_tags`, `counted_month`) until they have been counted without it, so that a crash in between leaves no stale
//! counter.

use std::collections::{BTreeSet, HashMap};

use futures::TryStreamExt as _;
use mongodb::{
    Collection, Namespace,
    bson::{Document, doc},
    options::{UpdateOneModel, WriteModel},
};
use runtime::store::StoreError;
use serde::Deserialize;

use super::{affected::Affected, writer::Writer};
use crate::store::with_background_timeout;

#[derive(Deserialize)]
struct Group {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "n")]
    count: i64,
}

/// Numbers of documents by the value of a field.
struct Counts(HashMap<String, i64>);

impl Counts {
    /// Counts the documents that match `filter` for each of `values` of `field`.
    async fn by<D: Send + Sync>(
        collection: &Collection<D>,
        field: &str,
        values: &BTreeSet<String>,
        mut filter: Document,
    ) -> Result<Self, StoreError> {
        let values: Vec<&String> = values.iter().collect();
        filter.insert(field, doc! { "$in": &values });
        // Without `_id` the index alone serves the query, if it has the field.
        let only_field = doc! { "$project": { field: 1, "_id": 0 } };
        let mut stages = vec![doc! { "$match": filter }, only_field];
        if field == "tags" {
            stages.push(doc! { "$unwind": "$tags" });
            stages.push(doc! { "$match": { "tags": { "$in": values } } });
        }
        stages.push(doc! { "$group": { "_id": format!("${field}"), "n": { "$sum": 1_i64 } } });
        let groups: Vec<Group> = with_background_timeout(async {
            let found = collection.aggregate(stages).with_type::<Group>().await?;
            Ok(found.try_collect().await?)
        })
        .await?;
        let counts = groups.into_iter().map(|group| (group.id, group.count));
        Ok(Self(counts.collect()))
    }

    fn of(&self, value: &str) -> i64 {
        self.0.get(value).copied().unwrap_or(0)
    }
}

impl Writer {
    /// The second half of a batch: the counters.
    pub(super) async fn recount(&self, affected: &Affected) -> Result<(), StoreError> {
        self.recount_posts(&affected.posts).await?;
        self.recount_users(&affected.users).await?;
        let (tags, months) = (&self.generation.tags, &self.generation.months);
        self.recount_groups(tags.namespace(), "tags", &affected.tags)
            .await?;
        self.recount_groups(months.namespace(), "month", &affected.months)
            .await?;
        self.store_counted_groups(affected).await
    }

    async fn recount_posts(&self, posts: &BTreeSet<String>) -> Result<(), StoreError> {
        if posts.is_empty() {
            return Ok(());
        }
        let target = &self.generation;
        let likes = doc! { "active": true, "kind": "like" };
        let comments = Counts::by(&target.comments, "post_id", posts, doc! { "visible": true }).await?;
        let reactions = Counts::by(&target.reactions, "post_id", posts, likes).await?;
        let models = posts.iter().map(|id| {
            let counts = doc! { "comments": comments.of(id), "reactions": reactions.of(id) };
            // A post that has not arrived yet is counted when it arrives.
            self.counted(target.posts.namespace(), id, doc! { "counts": counts }, false)
        });
        self.bulk(models.collect()).await
    }

    async fn recount_users(&self, users: &BTreeSet<String>) -> Result<(), StoreError> {
        if users.is_empty() {
            return Ok(());
        }
        let target = &self.generation;
        let active = || doc! { "active": true };
        let posts = Counts::by(&target.posts, "author_id", users, doc! { "status": "published" }).await?;
        let followers = Counts::by(&target.follows, "followee_id", users, active()).await?;
        let following = Counts::by(&target.follows, "follower_id", users, active()).await?;
        let models = users.iter().map(|id| {
            let counts = doc! {
                "posts": posts.of(id),
                "followers": followers.of(id),
                "following": following.of(id),
            };
            self.counted(target.users.namespace(), id, doc! { "counts": counts }, false)
        });
        self.bulk(models.collect()).await
    }

    /// Counts published posts by tag or month, into documents of their own.
    async fn recount_groups(
        &self,
        groups: Namespace,
        field: &str,
        values: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        if values.is_empty() {
            return Ok(());
        }
        let published = doc! { "status": "published" };
        let posts = Counts::by(&self.generation.posts, field, values, published).await?;
        let models = values.iter().map(|value| {
            let count = doc! { "posts": posts.of(value) };
            self.counted(groups.clone(), value, count, true)
        });
        self.bulk(models.collect()).await
    }

    /// Stores that the posts of the batch are now counted under their current tags and month only.
    async fn store_counted_groups(&self, affected: &Affected) -> Result<(), StoreError> {
        let namespace = self.generation.posts.namespace();
        let models = affected.recounted.iter().map(|post| -> WriteModel {
            UpdateOneModel::builder()
                .namespace(namespace.clone())
                // Only if it still is the version whose tags and month were counted.
                .filter(doc! { "_id": &post.id, "v": post.v })
                .update(doc! { "$set": { "counted_tags": &post.tags, "counted_month": &post.month } })
                .build()
                .into()
        });
        self.bulk(models.collect()).await
    }
}
