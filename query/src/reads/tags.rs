//! Tags by how many posts bear them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Read, Reads, in_time};
use crate::{cache::Made, notes::Key};

/// A tag.
#[derive(Debug, Serialize, ToSchema)]
pub struct TagView {
    pub tag: String,
    /// Published posts that bear it.
    pub posts: u32,
}

/// The most used tags.
#[derive(Debug, Serialize, ToSchema)]
pub struct TagList {
    pub items: Vec<TagView>,
    /// Always `null`: the list is one page.
    pub next: Option<String>,
}

impl Reads {
    /// The `limit` tags with most published posts.
    pub async fn tags(&self, limit: u32) -> Read<TagList> {
        in_time(async {
            let live = self.store.live().await?;
            let tags = live.top_tags(i64::from(limit)).await?;
            let items = tags
                .into_iter()
                .map(|document| TagView {
                    tag: document.tag,
                    posts: document.posts,
                })
                .collect();
            Ok(Made {
                body: TagList { items, next: None },
                keys: vec![Key::Tags],
            })
        })
        .await
    }
}
