//! The indexes of a generation. Every list is served by one of them.

use mongodb::bson::{Document, doc};
use runtime::store::{Index, StoreError, ensure_indexes as ensure};

use super::generation::Generation;

/// Creates the indexes of `generation` that do not exist yet, which takes as long as it is large.
pub async fn ensure_indexes(generation: &Generation) -> Result<(), StoreError> {
    // A profile by its user name. Not unique: while events of two users are being applied, both may have one.
    let by_username = Index::new("by_username", doc! { "username_key": 1 });
    // The comments of a post that reply to none, and the replies to a comment, in order.
    let in_threads = doc! { "post_id": 1, "parent_id": 1, "created_at": 1, "_id": 1 };
    // The users whom a user follows, latest first.
    let followed = doc! { "follower_id": 1, "active": 1, "changed_at": -1, "followee_id": 1 };
    // The list of tags. Tags, months and words by name are found by their ids.
    let by_count = Index::new("by_count", doc! { "posts": -1, "_id": 1 });
    ensure(&generation.posts, of_posts()).await?;
    ensure(&generation.users, [by_username]).await?;
    ensure(&generation.comments, [Index::new("in_threads", in_threads)]).await?;
    ensure(&generation.follows, [Index::new("followed", followed)]).await?;
    ensure(&generation.tags, [by_count]).await
}

fn of_posts() -> [Index; 6] {
    let newest = |mut first: Document| {
        first.extend(doc! { "status": 1, "published_at": -1, "_id": -1 });
        first
    };
    [
        // The list of all posts.
        Index::new("newest", newest(doc! {})),
        // The list of an author.
        Index::new("by_author", newest(doc! { "author_id": 1 })),
        // The list of a tag.
        Index::new("by_tag", newest(doc! { "tags": 1 })),
        // The posts with a word in their title or tags.
        Index::new("by_word", newest(doc! { "search_words": 1 })),
        // A post by its current or former slug. Not unique: the posts service assigns slugs, and while events of two
        // posts are being applied, both may have one.
        Index::new("by_slug", doc! { "slug": 1 }),
        Index::new("by_former_slug", doc! { "former_slugs": 1 }),
    ]
}
