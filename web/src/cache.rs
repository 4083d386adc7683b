//! Pages for anonymous visitors, cached in memory.
//!
//! A page is cached with the parts of the read model that it depends on, and is valid until one of them changes.
//! [`live`] receives the changes; while it is not connected, the cache neither stores nor returns pages.

pub mod changes;
pub mod live;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use moka::sync::Cache;

use crate::{document::CachedDocument, theme::Theme};
use changes::{Changes, KeyHash};

/// Replicas of the read side receive changes at different times, and a change may be missed: after this time a page is
/// rendered again, and after twice this time it is no longer returned.
const LIFETIME: Duration = Duration::from_secs(10);
/// The estimated size of an entry without the document and the keys, in bytes.
const OVERHEAD: usize = 500;

/// The theme and the path with the query.
pub type Key = (Theme, Box<str>);

/// The cached pages; cheap to clone.
#[derive(Debug, Clone)]
pub struct PageCache {
    cache: Cache<Key, Arc<Entry>>,
    changes: Arc<Changes>,
}

#[derive(Debug)]
struct Entry {
    document: CachedDocument,
    keys: Box<[KeyHash]>,
    /// The count of changes up to which `keys` are known to be unchanged.
    valid_at: AtomicU64,
    created: Instant,
    renewing: AtomicBool,
}

impl PageCache {
    /// A cache of at most about `max_bytes`; 0 disables it.
    pub fn new(max_bytes: u64, changes: Arc<Changes>) -> Self {
        let weigh = |(_, path): &Key, entry: &Arc<Entry>| {
            let bytes =
                path.len() + entry.document.weight() + entry.keys.len() * size_of::<KeyHash>() + OVERHEAD;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .weigher(weigh)
            .max_capacity(max_bytes)
            .time_to_live(LIFETIME * 2)
            .build();
        Self { cache, changes }
    }

    /// The page, if it is valid.
    pub fn get(&self, key: &Key) -> Option<CachedDocument> {
        let entry = self.cache.get(key)?;
        let now = self.changes.now()?;
        let expired = entry.created.elapsed() > LIFETIME;
        if expired && !entry.renewing.swap(true, Ordering::AcqRel) {
            // This request renders the page; the others get the cached one in the meantime.
            return None;
        }
        let valid_at = entry.valid_at.load(Ordering::Acquire);
        if valid_at != now {
            if !self.changes.unchanged_since(valid_at, &entry.keys) {
                self.cache.invalidate(key);
                return None;
            }
            entry.valid_at.store(now, Ordering::Release);
        }
        Some(entry.document.clone())
    }

    /// Caches a page whose rendering started at the count `started`, unless a part of it changed since then or shortly
    /// before.
    pub fn insert(&self, key: Key, document: CachedDocument, keys: Vec<KeyHash>, started: u64) {
        if !self.changes.settled(started, &keys, Instant::now()) {
            return;
        }
        let entry = Entry {
            document,
            keys: keys.into(),
            valid_at: AtomicU64::new(started),
            created: Instant::now(),
            renewing: AtomicBool::new(false),
        };
        self.cache.insert(key, Arc::new(entry));
    }
}

#[cfg(test)]
mod tests;
