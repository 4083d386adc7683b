//! The indexes of a generation. Each list and each recount is served by one; the comment beside it says which.

use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};
use runtime::store::StoreError;

use super::{Generation, patiently};

fn index(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().name(name.to_owned()).build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// Makes the indexes of `generation`; those that are there stay.
///
/// # Errors
/// If the database is away or refuses.
pub async fn ensure_indexes(generation: &Generation) -> Result<(), StoreError> {
    let newest = |mut first: Document| {
        first.extend(doc! { "status": 1, "published_at": -1, "_id": -1 });
        first
    };
    patiently(async {
        generation
            .posts
            .create_indexes([
                // The list of all posts.
                index("newest", newest(doc! {})),
                // The list of an author, and the count of their posts.
                index("by_author", newest(doc! { "author_id": 1 })),
                // The list of a tag, and the count of its posts.
                index("by_tag", newest(doc! { "tags": 1 })),
                // A post by its address, and by one it had. Not unique: who holds an address is for the posts
                // service to say, and in between two versions of two posts both may.
                index("by_slug", doc! { "slug": 1 }),
                index("by_former_slug", doc! { "former_slugs": 1 }),
                // The list of those that are found by a word.
                index("by_term", newest(doc! { "terms": 1 })),
                // The count of a month.
                index("by_month", doc! { "month": 1, "status": 1 }),
            ])
            .await?;
        // A profile by its user name; not unique for the same reason.
        generation
            .users
            .create_index(index("by_username", doc! { "username_key": 1 }))
            .await?;
        // The comments of a post in order, and their count.
        let in_order = doc! { "post_id": 1, "visible": 1, "created_at": 1, "_id": 1 };
        generation
            .comments
            .create_index(index("in_order", in_order))
            .await?;
        // The count of likes.
        let of_post = doc! { "post_id": 1, "active": 1, "kind": 1 };
        generation
            .reactions
            .create_index(index("of_post", of_post))
            .await?;
        generation
            .follows
            .create_indexes([
                // Those somebody follows, the latest first, and their count.
                index(
                    "followed",
                    doc! { "follower_id": 1, "active": 1, "changed_at": -1, "followee_id": 1 },
                ),
                // The count of followers.
                index("by_followee", doc! { "followee_id": 1, "active": 1 }),
            ])
            .await?;
        // The list of tags; by their names they are found anyway, as months are.
        generation
            .tags
            .create_index(index("by_count", doc! { "posts": -1, "_id": 1 }))
            .await?;
        Ok(())
    })
    .await
}
