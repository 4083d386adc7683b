//! The indexes of a generation. Every list and every recount is served by one of them.

use mongodb::bson::{Document, doc};
use runtime::store::{Index, StoreError, ensure_indexes as ensure};

use super::generation::{Generation, with_background_timeout};

/// Creates the indexes of `generation` that do not exist yet.
pub async fn ensure_indexes(generation: &Generation) -> Result<(), StoreError> {
    let follows = [
        // The users whom a user follows, latest first, and their count.
        Index::new(
            "followed",
            doc! { "follower_id": 1, "active": 1, "changed_at": -1, "followee_id": 1 },
        ),
        // The count of followers.
        Index::new("by_followee", doc! { "followee_id": 1, "active": 1 }),
    ];
    // The comments of a post in order, and their count.
    let in_order = doc! { "post_id": 1, "visible": 1, "created_at": 1, "_id": 1 };
    // The count of likes.
    let of_post = doc! { "post_id": 1, "active": 1, "kind": 1 };
    // A profile by its user name. Not unique: while events of two users are being applied, both may have one.
    let by_username = doc! { "username_key": 1 };
    with_background_timeout(async {
        ensure(&generation.posts, of_posts()).await?;
        ensure(&generation.users, [Index::new("by_username", by_username)]).await?;
        ensure(&generation.comments, [Index::new("in_order", in_order)]).await?;
        ensure(&generation.reactions, [Index::new("of_post", of_post)]).await?;
        ensure(&generation.follows, follows).await?;
        // The list of tags. Tags and months by name are found by their ids.
        let by_count = Index::new("by_count", doc! { "posts": -1, "_id": 1 });
        ensure(&generation.tags, [by_count]).await
    })
    .await
}

fn of_posts() -> [Index; 7] {
    let newest = |mut first: Document| {
        first.extend(doc! { "status": 1, "published_at": -1, "_id": -1 });
        first
    };
    [
        // The list of all posts.
        Index::new("newest", newest(doc! {})),
        // The list of an author, and the count of their posts.
        Index::new("by_author", newest(doc! { "author_id": 1 })),
        // The list of a tag, and the count of its posts.
        Index::new("by_tag", newest(doc! { "tags": 1 })),
        // The posts with a word in their title or tags.
        Index::new("by_word", newest(doc! { "title_words": 1 })),
        // A post by its current or former slug. Not unique: the posts service assigns slugs, and while events of two
        // posts are being applied, both may have one.
        Index::new("by_slug", doc! { "slug": 1 }),
        Index::new("by_former_slug", doc! { "former_slugs": 1 }),
        // The count of a month.
        Index::new("by_month", doc! { "month": 1, "status": 1 }),
    ]
}
