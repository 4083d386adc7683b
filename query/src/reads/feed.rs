//! The newest posts with their bodies, for feeds.

use std::sync::Arc;

use common::api::{Page, query::FeedEntry};

use super::{
    posts::{PostQuery, empty_page, resolve, summary},
    users::Authors,
};
use crate::{
    cache::{Read, WithDependencies},
    changes::Key,
    store::Generation,
};

const ENTRIES: i64 = 20;
/// The total size of the bodies in one feed, in bytes of HTML; further posts come without theirs.
const MAX_HTML: usize = 1024 * 1024;

/// The newest posts of `query` with their bodies.
pub async fn feed(live: Arc<Generation>, query: &PostQuery) -> Read<Page<FeedEntry>> {
    let mut keys = vec![Key::Posts];
    let Some(selector) = resolve(&live, query, &mut keys).await? else {
        return Ok(empty_page(keys));
    };
    let documents = live.newest_in_full(&selector, ENTRIES).await?;
    for document in &documents {
        keys.extend([Key::Post(document.id), Key::Counts(document.id)]);
    }
    let authors = documents.iter().map(|document| document.author_id);
    let authors = Authors::of(&live, authors, &mut keys).await?;
    let mut left = MAX_HTML;
    let entry = |document| {
        let summary = summary(&document, &authors);
        let fits = left.checked_sub(document.html.len());
        left = fits.unwrap_or(0);
        FeedEntry {
            summary,
            html: fits.map(|_| document.html),
        }
    };
    let items = documents.into_iter().map(entry).collect();
    Ok(WithDependencies {
        body: Page { items, next: None },
        keys,
    })
}
