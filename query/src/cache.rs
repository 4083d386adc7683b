//! Responses kept in memory as bytes, each with its entity tag and the keys that it depends on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use moka::future::Cache;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    changes::Key,
    error::ReadError,
    invalidation::{Epoch, Invalidations, KeyHash},
};

/// Change notes can be lost, so a response is reloaded from the database after this time at the latest.
pub const LIFETIME: Duration = Duration::from_secs(10);
/// How often a load is repeated because of a concurrent change, before the request loads for itself alone.
const ATTEMPTS: usize = 3;
/// The memory of an entry in addition to its body and key, in bytes.
const OVERHEAD: usize = 300;

/// A response body, and the keys that it depends on.
#[derive(Debug)]
pub struct WithDependencies<T> {
    pub body: T,
    pub keys: Vec<Key>,
}

/// The result of a read.
pub type Read<T> = Result<WithDependencies<T>, ReadError>;

#[derive(Debug)]
pub struct CachedResponse {
    pub body: Bytes,
    pub etag: HeaderValue,
    keys: Box<[KeyHash]>,
    epoch: Epoch,
    loaded: Instant,
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct ResponseCache {
    responses: Cache<String, Arc<CachedResponse>>,
    invalidations: Arc<Invalidations>,
}

impl ResponseCache {
    /// Uses about `max_bytes` of memory.
    pub fn new(max_bytes: u64, invalidations: Arc<Invalidations>) -> Self {
        let weigh = |key: &String, response: &Arc<CachedResponse>| {
            let bytes =
                key.len() + response.body.len() + response.keys.len() * size_of::<KeyHash>() + OVERHEAD;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let responses = Cache::builder()
            .weigher(weigh)
            .max_capacity(max_bytes)
            .time_to_live(LIFETIME)
            .build();
        Self {
            responses,
            invalidations,
        }
    }

    /// The response cached under `key`, if it is still valid.
    pub async fn get(&self, key: &str) -> Option<Arc<CachedResponse>> {
        let cached = self.responses.get(key).await;
        cached.filter(|response| self.is_valid(response))
    }

    /// The response cached under `key`, or a new one, loaded once for all concurrent requests.
    ///
    /// # Errors
    /// The error of `read`; errors are not cached.
    pub async fn get_or_load<T, F>(
        &self,
        key: &str,
        read: impl Fn() -> F,
    ) -> Result<Arc<CachedResponse>, ReadError>
    where
        T: Serialize,
        F: Future<Output = Read<T>>,
    {
        for _ in 0..ATTEMPTS {
            match self.responses.get(key).await {
                Some(response) if self.is_valid(&response) => {
                    metrics::counter!("query_cache_hits_total").increment(1);
                    return Ok(response);
                }
                Some(_) => self.responses.invalidate(key).await,
                None => {}
            }
            let loaded = self.responses.try_get_with_by_ref(key, self.load(&read)).await;
            let response = loaded.map_err(|error: Arc<ReadError>| (*error).clone())?;
            // This request may have joined a load that began before a change.
            if self.is_valid(&response) {
                return Ok(response);
            }
        }
        self.load(&read).await
    }

    async fn load<T, F>(&self, read: &impl Fn() -> F) -> Result<Arc<CachedResponse>, ReadError>
    where
        T: Serialize,
        F: Future<Output = Read<T>>,
    {
        metrics::counter!("query_cache_loads_total").increment(1);
        let (epoch, loaded) = (self.invalidations.epoch(), Instant::now());
        let WithDependencies { body, keys } = read().await?;
        let body = Bytes::from(serde_json::to_vec(&body)?);
        Ok(Arc::new(CachedResponse {
            etag: entity_tag(&body)?,
            keys: keys.iter().map(KeyHash::from).collect(),
            body,
            epoch,
            loaded,
        }))
    }

    fn is_valid(&self, response: &CachedResponse) -> bool {
        response.loaded.elapsed() < LIFETIME && self.invalidations.none_since(response.epoch, &response.keys)
    }
}

/// A strong entity tag: 128 bits of the body's SHA-256, the same on every replica.
pub fn entity_tag(body: &[u8]) -> Result<HeaderValue, ReadError> {
    let digest = Sha256::digest(body);
    let text = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]));
    HeaderValue::try_from(text).map_err(ReadError::internal)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn cache() -> (ResponseCache, Arc<Invalidations>) {
        let invalidations = Arc::new(Invalidations::new(LIFETIME));
        (ResponseCache::new(1 << 20, invalidations.clone()), invalidations)
    }

    fn numbered(body: usize) -> WithDependencies<usize> {
        WithDependencies {
            body,
            keys: vec![Key::Posts],
        }
    }

    #[tokio::test]
    async fn a_response_is_loaded_once_until_a_dependency_changes() {
        let (cache, invalidations) = cache();
        let loads = AtomicUsize::new(0);
        let get = async || {
            let read = async || Ok(numbered(loads.fetch_add(1, Ordering::Relaxed)));
            cache.get_or_load("k", read).await.unwrap().body.clone()
        };
        assert_eq!((get().await, get().await), ("0".into(), "0".into()));
        invalidations.invalidate([&Key::Tags]);
        assert_eq!(get().await, "0");
        invalidations.invalidate([&Key::Posts]);
        assert_eq!((get().await, get().await), ("1".into(), "1".into()));
    }

    #[tokio::test]
    async fn concurrent_requests_share_one_load() {
        let (cache, _) = cache();
        let loads = AtomicUsize::new(0);
        let read = async || {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(numbered(loads.fetch_add(1, Ordering::Relaxed)))
        };
        let all = (0..50).map(|_| cache.get_or_load("k", read));
        for response in futures::future::join_all(all).await {
            assert_eq!(response.unwrap().body, "0");
        }
        assert_eq!(loads.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_load_overtaken_by_a_change_is_neither_cached_nor_returned() {
        let (cache, invalidations) = cache();
        let loads = AtomicUsize::new(0);
        let read = async || {
            let number = loads.fetch_add(1, Ordering::SeqCst);
            if number == 0 {
                // The change arrives after the old state was read and before it is returned.
                invalidations.invalidate([&Key::Posts]);
            }
            Ok(numbered(number))
        };
        assert_eq!(cache.get_or_load("k", read).await.unwrap().body, "1");
        assert_eq!(cache.get_or_load("k", read).await.unwrap().body, "1");
    }

    #[tokio::test]
    async fn errors_are_not_cached() {
        let (cache, _) = cache();
        let fail = async || Err::<WithDependencies<usize>, _>(ReadError::NotFound("post"));
        let failed = cache.get_or_load("k", fail).await;
        assert!(matches!(failed, Err(ReadError::NotFound(_))));
        let loaded = cache.get_or_load("k", async || Ok(numbered(1))).await;
        assert_eq!(loaded.unwrap().body, "1");
    }
}
