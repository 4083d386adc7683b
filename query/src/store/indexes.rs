//! The indexes of a generation. Every list and every recount is served by one of them.

use mongodb::{
    Collection, IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};
use runtime::store::StoreError;

use super::generation::{Generation, with_background_timeout};

/// Creates the indexes of `generation` that do not exist yet.
pub async fn ensure_indexes(generation: &Generation) -> Result<(), StoreError> {
    let newest = |mut first: Document| {
        first.extend(doc! { "status": 1, "published_at": -1, "_id": -1 });
        first
    };
    with_background_timeout(async {
        let posts = &generation.posts;
        // The list of all posts.
        create(posts, "newest", newest(doc! {})).await?;
        // The list of an author, and the count of their posts.
        create(posts, "by_author", newest(doc! { "author_id": 1 })).await?;
        // The list of a tag, and the count of its posts.
        create(posts, "by_tag", newest(doc! { "tags": 1 })).await?;
        // The posts that a search term finds.
        create(posts, "by_term", newest(doc! { "terms": 1 })).await?;
        // A post by its current or former slug. Not unique: the posts service assigns slugs, and while events of two
        // posts are being applied, both may have one.
        create(posts, "by_slug", doc! { "slug": 1 }).await?;
        create(posts, "by_former_slug", doc! { "former_slugs": 1 }).await?;
        // The count of a month.
        create(posts, "by_month", doc! { "month": 1, "status": 1 }).await?;
        // A profile by its user name; not unique for the same reason.
        create(&generation.users, "by_username", doc! { "username_key": 1 }).await?;
        // The comments of a post in order, and their count.
        let in_order = doc! { "post_id": 1, "visible": 1, "created_at": 1, "_id": 1 };
        create(&generation.comments, "in_order", in_order).await?;
        // The count of likes.
        let of_post = doc! { "post_id": 1, "active": 1, "kind": 1 };
        create(&generation.reactions, "of_post", of_post).await?;
        // The users whom a user follows, latest first, and their count.
        let followed = doc! { "follower_id": 1, "active": 1, "changed_at": -1, "followee_id": 1 };
        create(&generation.follows, "followed", followed).await?;
        // The count of followers.
        let by_followee = doc! { "followee_id": 1, "active": 1 };
        create(&generation.follows, "by_followee", by_followee).await?;
        // The list of tags. Tags and months by name are found by their ids.
        create(&generation.tags, "by_count", doc! { "posts": -1, "_id": 1 }).await
    })
    .await
}

async fn create<D: Send + Sync>(
    collection: &Collection<D>,
    name: &str,
    keys: Document,
) -> Result<(), StoreError> {
    let options = IndexOptions::builder().name(name.to_owned()).build();
    let index = IndexModel::builder().keys(keys).options(options).build();
    collection.create_index(index).await?;
    Ok(())
}
