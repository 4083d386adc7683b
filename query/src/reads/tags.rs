//! Tags by how many posts bear them, and months by how many were published in them.

use common::api::{
    Page,
    query::{Month, Tag},
};
use runtime::http::page_of;

use super::{Read, Reads, in_time};
use crate::{
    cache::Made,
    model::{MonthDocument, TagDocument},
    notes::Key,
};

impl Reads {
    /// A page of the tags of published posts that begin with `prefix`, those with most posts first.
    pub async fn tags(
        &self,
        prefix: Option<&str>,
        after: Option<(u32, String)>,
        limit: u32,
    ) -> Read<Page<Tag>> {
        in_time(async {
            let live = self.store.live().await?;
            let tags = live.tags_page(prefix, after, i64::from(limit) + 1).await?;
            let page = page_of(tags, limit, |last| (last.posts, last.tag.clone()));
            let view = |TagDocument { tag, posts }| Tag { tag, posts };
            Ok(Made {
                body: page.map(view),
                keys: vec![Key::Tags],
            })
        })
        .await
    }

    /// A page of the months with published posts, the latest first.
    pub async fn archive(&self, after: Option<String>, limit: u32) -> Read<Page<Month>> {
        in_time(async {
            let live = self.store.live().await?;
            let months = live.months_page(after, i64::from(limit) + 1).await?;
            let page = page_of(months, limit, |last| last.month.clone());
            let view = |MonthDocument { month, posts }| Month { month, posts };
            Ok(Made {
                body: page.map(view),
                keys: vec![Key::Posts],
            })
        })
        .await
    }
}
