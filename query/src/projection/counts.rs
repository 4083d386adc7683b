//! Counters. What a document adds to them follows from the document alone, so a batch changes them by the difference
//! between its documents and those that they replace, whatever else is stored: the order of events does not matter.

use std::collections::BTreeMap;

use common::{event::AggregateKind, ids::UserId};
use mongodb::{
    Collection, Namespace,
    bson::{Document, doc},
    options::{DeleteManyModel, UpdateOneModel, WriteModel},
};
use runtime::store::StoreError;

use crate::store::{Generation, Outline};

/// A counter: its collection, its document, its field.
type Counter = (Counters, String, &'static str);

/// A collection of counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Counters {
    Posts,
    Users,
    Tags,
    Months,
    Words,
}

/// The counters to which a document adds 1.
fn counted(kind: AggregateKind, document: &Outline) -> Vec<Counter> {
    let of = |counters, id: Option<String>, field| id.map(|id| (counters, id, field));
    let user = |id: Option<UserId>| id.map(|id| id.to_string());
    let post = || document.post_id.map(|id| id.to_string());
    let counters = match kind {
        AggregateKind::Post if document.is_published_post() => {
            let mut counters = vec![
                of(Counters::Users, user(document.author_id), "posts"),
                of(Counters::Months, document.month.clone(), "posts"),
            ];
            let (tags, words) = (document.tags.iter(), document.search_words.iter());
            counters.extend(tags.map(|tag| of(Counters::Tags, Some(tag.clone()), "posts")));
            counters.extend(words.map(|word| of(Counters::Words, Some(word.clone()), "posts")));
            counters
        }
        AggregateKind::Comment if document.visible => vec![of(Counters::Posts, post(), "comments")],
        AggregateKind::Reaction if document.active && document.kind == "like" => {
            vec![of(Counters::Posts, post(), "reactions")]
        }
        AggregateKind::Follow if document.active => vec![
            of(Counters::Users, user(document.follower_id), "following"),
            of(Counters::Users, user(document.followee_id), "followers"),
        ],
        _ => Vec::new(),
    };
    counters.into_iter().flatten().collect()
}

/// What a batch adds to counters.
#[derive(Debug, Default, Clone)]
pub struct Deltas(BTreeMap<Counter, i64>);

impl Deltas {
    /// Adds the difference between a document and the one that it replaces.
    pub fn add(&mut self, kind: AggregateKind, old: Option<&Outline>, new: &Outline) {
        for counter in old.into_iter().flat_map(|old| counted(kind, old)) {
            *self.0.entry(counter).or_default() -= 1;
        }
        for counter in counted(kind, new) {
            *self.0.entry(counter).or_default() += 1;
        }
    }

    /// The writes to the counters of `generation`, in their order.
    pub fn models(self, generation: &Generation) -> Vec<WriteModel> {
        let mut by_document: BTreeMap<(Counters, String), Document> = BTreeMap::new();
        let mut reduced: BTreeMap<Counters, Vec<String>> = BTreeMap::new();
        for ((counters, id, field), delta) in self.0.into_iter().filter(|(_, delta)| *delta != 0) {
            if delta < 0 && counters.is_text() {
                reduced.entry(counters).or_default().push(id.clone());
            }
            let deltas = by_document.entry((counters, id)).or_default();
            deltas.insert(field, delta);
        }
        let updates = by_document.into_iter().map(|((counters, id), deltas)| {
            let model = UpdateOneModel::builder()
                .namespace(counters.namespace(generation))
                .filter(doc! { "_id": id })
                .update(doc! { "$inc": deltas })
                .upsert(true);
            model.build().into()
        });
        let deletions = reduced.into_iter().map(|(counters, ids)| {
            let model = DeleteManyModel::builder()
                .namespace(counters.namespace(generation))
                .filter(doc! { "_id": { "$in": ids }, "posts": { "$lte": 0 } });
            model.build().into()
        });
        updates.chain(deletions).collect()
    }
}

impl Counters {
    const ALL: [Self; 5] = [Self::Posts, Self::Users, Self::Tags, Self::Months, Self::Words];

    /// Whether the ids are from the texts of posts: they are deleted with the last post that has them.
    fn is_text(self) -> bool {
        matches!(self, Self::Tags | Self::Months | Self::Words)
    }

    fn namespace(self, generation: &Generation) -> Namespace {
        match self {
            Self::Posts => generation.post_counts.namespace(),
            Self::Users => generation.user_counts.namespace(),
            Self::Tags => generation.tags.namespace(),
            Self::Months => generation.months.namespace(),
            Self::Words => generation.words.namespace(),
        }
    }
}

/// Counts all documents of `generation`, on the server.
pub async fn count_all(generation: &Generation) -> Result<(), StoreError> {
    for counters in Counters::ALL {
        // Of a count that was interrupted.
        let namespace = counters.namespace(generation);
        let left_over = generation.database().collection::<Document>(&namespace.coll);
        left_over.drop().await?;
    }
    let published = || doc! { "status": "published" };
    let posts = &generation.posts;
    for (field, counters) in [
        ("author_id", Counters::Users),
        ("month", Counters::Months),
        ("tags", Counters::Tags),
        ("search_words", Counters::Words),
    ] {
        count(generation, posts, published(), field, (counters, "posts")).await?;
    }
    let (visible, likes) = (doc! { "visible": true }, doc! { "active": true, "kind": "like" });
    let (comments, reactions) = (&generation.comments, &generation.reactions);
    count(
        generation,
        comments,
        visible,
        "post_id",
        (Counters::Posts, "comments"),
    )
    .await?;
    count(
        generation,
        reactions,
        likes,
        "post_id",
        (Counters::Posts, "reactions"),
    )
    .await?;
    for (field, counted) in [("follower_id", "following"), ("followee_id", "followers")] {
        let (follows, active) = (&generation.follows, doc! { "active": true });
        count(generation, follows, active, field, (Counters::Users, counted)).await?;
    }
    Ok(())
}

/// Counts the documents that match `filter` by each value of `field`, into a field of the counters.
async fn count<D: Send + Sync>(
    generation: &Generation,
    collection: &Collection<D>,
    filter: Document,
    field: &str,
    (counters, counted): (Counters, &str),
) -> Result<(), StoreError> {
    let value = format!("${field}");
    let into = counters.namespace(generation).coll;
    let stages = [
        doc! { "$match": filter },
        doc! { "$project": { "_id": 0, field: 1 } },
        // A value that is no array counts as one of a single element.
        doc! { "$unwind": &value },
        doc! { "$group": { "_id": value, counted: { "$sum": 1_i64 } } },
        // Some servers return a sum of longs as an integer.
        doc! { "$set": { counted: { "$toLong": format!("${counted}") } } },
        doc! { "$merge": { "into": into, "whenMatched": "merge", "whenNotMatched": "insert" } },
    ];
    collection.aggregate(stages).allow_disk_use(true).await?;
    Ok(())
}
