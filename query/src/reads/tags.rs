//! Tags by their number of posts, and months with theirs.

use std::sync::Arc;

use common::api::{
    Page,
    query::{Month, Tag},
};
use runtime::http::page_of;

use crate::{
    cache::{Read, WithDependencies},
    changes::Key,
    model::{MonthDocument, TagDocument},
    store::Generation,
};

/// A page of the tags of published posts that begin with `prefix`, most used first.
pub async fn tags(
    live: Arc<Generation>,
    prefix: Option<&str>,
    after: Option<(u32, String)>,
    limit: u32,
) -> Read<Page<Tag>> {
    let tags = live.tags_page(prefix, after, i64::from(limit) + 1).await?;
    let page = page_of(tags, limit, |last| (last.posts, last.tag.clone()));
    Ok(WithDependencies {
        body: page.map(|TagDocument { tag, posts }| Tag { tag, posts }),
        keys: vec![Key::Tags],
    })
}

/// A page of the months with published posts, latest first.
pub async fn archive(live: Arc<Generation>, after: Option<String>, limit: u32) -> Read<Page<Month>> {
    let months = live.months_page(after, i64::from(limit) + 1).await?;
    let page = page_of(months, limit, |last| last.month.clone());
    Ok(WithDependencies {
        body: page.map(|MonthDocument { month, posts }| Month { month, posts }),
        keys: vec![Key::Posts],
    })
}
