//! The newest posts with their texts, for feeds.

use common::api::{Page, query::FeedEntry};

use super::{
    PostQuery, Read, Reads, in_time,
    people::Authors,
    posts::{empty, filter, summary},
};
use crate::{cache::Made, notes::Key};

/// Posts in a feed.
const ENTRIES: i64 = 20;
/// The texts of one feed, in bytes of HTML; beyond, posts come without theirs.
const MAX_TEXTS: usize = 1024 * 1024;

impl Reads {
    /// The newest posts of `query` with their texts.
    pub async fn feed(&self, query: &PostQuery) -> Read<Page<FeedEntry>> {
        in_time(async {
            let live = self.store.live().await?;
            let mut keys = vec![Key::Posts];
            let Some(filter) = filter(&live, query, &mut keys).await? else {
                return Ok(Made { body: empty(), keys });
            };
            let documents = live.newest_in_full(&filter, ENTRIES).await?;
            keys.extend(
                documents
                    .iter()
                    .flat_map(|document| [Key::Post(document.id), Key::Counts(document.id)]),
            );
            let authors = documents.iter().map(|document| document.author_id);
            let authors = Authors::of(&live, authors, &mut keys).await?;
            let mut left = MAX_TEXTS;
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
            Ok(Made {
                body: Page { items, next: None },
                keys,
            })
        })
        .await
    }
}
