//! Counts anew what a batch touched, by one grouped query for each kind of count: never one by one.
//!
//! Counting looks at what is there, so it is right whatever the order was: a comment that came before its post
//! lies there already when the post comes. A post remembers the tags and the month it may be counted under
//! (`counted_tags`, `counted_month`) until those were counted without it, so that a crash in between forgets none.

use std::collections::{BTreeSet, HashMap};

use mongodb::{
    Collection, Namespace,
    bson::{Document, doc},
    options::{UpdateOneModel, WriteModel},
};
use runtime::store::StoreError;
use serde::Deserialize;

use super::{touched::Touched, writer::Writer};
use crate::store::patiently;

#[derive(Deserialize)]
struct Group {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "n")]
    count: i64,
}

/// How many documents that match `filter` there are for each value of `field`.
async fn count_by<D: Send + Sync>(
    collection: &Collection<D>,
    field: &str,
    values: &BTreeSet<String>,
    mut filter: Document,
) -> Result<HashMap<String, i64>, StoreError> {
    let values: Vec<&String> = values.iter().collect();
    filter.insert(field, doc! { "$in": &values });
    // Without `_id` the index alone answers, where it has the field.
    let counted = doc! { "$project": { field: 1, "_id": 0 } };
    let mut stages = vec![doc! { "$match": filter }, counted];
    if field == "tags" {
        stages.push(doc! { "$unwind": "$tags" });
        stages.push(doc! { "$match": { "tags": { "$in": values } } });
    }
    stages.push(doc! { "$group": { "_id": format!("${field}"), "n": { "$sum": 1_i64 } } });
    patiently(async {
        let mut found = collection.aggregate(stages).with_type::<Group>().await?;
        let mut counts = HashMap::new();
        while found.advance().await? {
            let group = found.deserialize_current()?;
            counts.insert(group.id, group.count);
        }
        Ok(counts)
    })
    .await
}

impl Writer {
    /// The second half of a batch: the counts.
    pub(super) async fn recount(&self, touched: &Touched) -> Result<(), StoreError> {
        self.recount_posts(&touched.posts).await?;
        self.recount_users(&touched.users).await?;
        let target = &self.generation;
        self.recount_shelves(target.tags.namespace(), "tags", &touched.tags)
            .await?;
        self.recount_shelves(target.months.namespace(), "month", &touched.months)
            .await?;
        self.forget_former_shelves(touched).await
    }

    async fn recount_posts(&self, posts: &BTreeSet<String>) -> Result<(), StoreError> {
        if posts.is_empty() {
            return Ok(());
        }
        let target = &self.generation;
        let likes = doc! { "active": true, "kind": "like" };
        let comments = count_by(&target.comments, "post_id", posts, doc! { "visible": true }).await?;
        let reactions = count_by(&target.reactions, "post_id", posts, likes).await?;
        let models = posts.iter().map(|id| {
            let counts =
                doc! { "counts": { "comments": of(&comments, id), "reactions": of(&reactions, id) } };
            // A post that is not there yet is counted when it comes.
            self.counted(target.posts.namespace(), id, counts, false)
        });
        self.bulk(models.collect()).await
    }

    async fn recount_users(&self, users: &BTreeSet<String>) -> Result<(), StoreError> {
        if users.is_empty() {
            return Ok(());
        }
        let target = &self.generation;
        let active = || doc! { "active": true };
        let posts = count_by(&target.posts, "author_id", users, doc! { "status": "published" }).await?;
        let followers = count_by(&target.follows, "followee_id", users, active()).await?;
        let following = count_by(&target.follows, "follower_id", users, active()).await?;
        let models = users.iter().map(|id| {
            let counts = doc! { "counts": {
                "posts": of(&posts, id),
                "followers": of(&followers, id),
                "following": of(&following, id),
            } };
            self.counted(target.users.namespace(), id, counts, false)
        });
        self.bulk(models.collect()).await
    }

    /// Published posts by tag or by month, counted into documents of their own.
    async fn recount_shelves(
        &self,
        shelves: Namespace,
        field: &str,
        values: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        if values.is_empty() {
            return Ok(());
        }
        let published = doc! { "status": "published" };
        let posts = count_by(&self.generation.posts, field, values, published).await?;
        let models = values.iter().map(|value| {
            let count = doc! { "posts": of(&posts, value) };
            self.counted(shelves.clone(), value, count, true)
        });
        self.bulk(models.collect()).await
    }

    /// The posts of the batch are counted under their present tags and month alone now.
    async fn forget_former_shelves(&self, touched: &Touched) -> Result<(), StoreError> {
        let namespace = self.generation.posts.namespace();
        let models = touched.settled.iter().map(|settled| -> WriteModel {
            UpdateOneModel::builder()
                .namespace(namespace.clone())
                // Only while it is the version whose tags and month were counted.
                .filter(doc! { "_id": &settled.id, "v": settled.v })
                .update(doc! { "$set": { "counted_tags": &settled.tags, "counted_month": &settled.month } })
                .build()
                .into()
        });
        self.bulk(models.collect()).await
    }
}

fn of(counts: &HashMap<String, i64>, id: &str) -> i64 {
    counts.get(id).copied().unwrap_or(0)
}
