//! Hot answers as bytes in memory, each with its entity tag and the keys that it depends on.

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
    changes::{Changes, Epoch, KeyHash},
    error::ReadError,
    notes::Key,
};

/// Notes may be lost, so nothing is shown longer than this without a look at the database.
pub const LIFETIME: Duration = Duration::from_secs(10);
/// How often an answer is loaded anew because something changed meanwhile, before it is loaded once for itself.
const ATTEMPTS: usize = 3;
/// What an entry costs besides its body and key, in bytes.
const OVERHEAD: usize = 300;

/// What a read made, with the keys of all that went into it.
#[derive(Debug)]
pub struct Made<T> {
    pub body: T,
    pub keys: Vec<Key>,
}

/// A complete answer.
#[derive(Debug)]
pub struct Answer {
    pub body: Bytes,
    pub etag: HeaderValue,
    keys: Box<[KeyHash]>,
    epoch: Epoch,
    loaded: Instant,
}

/// The answers that are kept.
#[derive(Debug, Clone)]
pub struct Answers {
    cache: Cache<String, Arc<Answer>>,
    changes: Arc<Changes>,
}

impl Answers {
    /// Keeps at most about `max_bytes`.
    pub fn new(max_bytes: u64, changes: Arc<Changes>) -> Self {
        let weigh = |key: &String, answer: &Arc<Answer>| {
            let bytes = key.len() + answer.body.len() + answer.keys.len() * size_of::<KeyHash>() + OVERHEAD;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .weigher(weigh)
            .max_capacity(max_bytes)
            .time_to_live(LIFETIME)
            .build();
        Self { cache, changes }
    }

    /// The answer that is kept under `key`, if it is still good.
    pub async fn kept(&self, key: &str) -> Option<Arc<Answer>> {
        self.cache.get(key).await.filter(|answer| self.is_good(answer))
    }

    /// The answer under `key`: the one that is kept, or a new one, loaded once for all who want it at the same time.
    ///
    /// # Errors
    /// Those of `load`, which are not kept.
    pub async fn get<T, F>(&self, key: &str, load: impl Fn() -> F) -> Result<Arc<Answer>, ReadError>
    where
        T: Serialize,
        F: Future<Output = Result<Made<T>, ReadError>>,
    {
        for _ in 0..ATTEMPTS {
            match self.cache.get(key).await {
                Some(answer) if self.is_good(&answer) => {
                    metrics::counter!("query_cache_hits_total").increment(1);
                    return Ok(answer);
                }
                Some(_) => self.cache.invalidate(key).await,
                None => {}
            }
            let loaded = self.cache.try_get_with_by_ref(key, self.load(&load)).await;
            // Whoever joined a load that began before a change must not take its result.
            let answer = loaded.map_err(|error: Arc<ReadError>| (*error).clone())?;
            if self.is_good(&answer) {
                return Ok(answer);
            }
        }
        self.load(&load).await
    }

    async fn load<T, F>(&self, load: &impl Fn() -> F) -> Result<Arc<Answer>, ReadError>
    where
        T: Serialize,
        F: Future<Output = Result<Made<T>, ReadError>>,
    {
        metrics::counter!("query_cache_loads_total").increment(1);
        let (epoch, loaded) = (self.changes.now(), Instant::now());
        let Made { body, keys } = load().await?;
        let body = Bytes::from(serde_json::to_vec(&body)?);
        Ok(Arc::new(Answer {
            etag: entity_tag(&body)?,
            keys: keys.iter().map(KeyHash::from).collect(),
            body,
            epoch,
            loaded,
        }))
    }

    fn is_good(&self, answer: &Answer) -> bool {
        answer.loaded.elapsed() < LIFETIME && self.changes.none_since(answer.epoch, &answer.keys)
    }
}

/// A strong entity tag: 128 bits of the body's SHA-256, the same on every replica.
pub fn entity_tag(body: &[u8]) -> Result<HeaderValue, ReadError> {
    let digest = Sha256::digest(body);
    let text = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]));
    HeaderValue::try_from(text).map_err(ReadError::broken)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn answers() -> (Answers, Arc<Changes>) {
        let changes = Arc::new(Changes::new(LIFETIME));
        (Answers::new(1 << 20, changes.clone()), changes)
    }

    fn made(body: usize) -> Made<usize> {
        Made {
            body,
            keys: vec![Key::Posts],
        }
    }

    #[tokio::test]
    async fn an_answer_is_loaded_once_until_something_of_it_changes() {
        let (answers, changes) = answers();
        let loads = AtomicUsize::new(0);
        let get = async || {
            let load = async || Ok(made(loads.fetch_add(1, Ordering::Relaxed)));
            answers.get("k", load).await.unwrap().body.clone()
        };
        assert_eq!((get().await, get().await), ("0".into(), "0".into()));
        changes.mark([&Key::Tags]);
        assert_eq!(get().await, "0");
        changes.mark([&Key::Posts]);
        assert_eq!((get().await, get().await), ("1".into(), "1".into()));
    }

    #[tokio::test]
    async fn many_at_once_load_once() {
        let (answers, _) = answers();
        let loads = AtomicUsize::new(0);
        let load = async || {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(made(loads.fetch_add(1, Ordering::Relaxed)))
        };
        let all = (0..50).map(|_| answers.get("k", load));
        for answer in futures::future::join_all(all).await {
            assert_eq!(answer.unwrap().body, "0");
        }
        assert_eq!(loads.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_was_under_way_during_a_change_is_neither_kept_nor_given_to_those_who_came_after() {
        let (answers, changes) = answers();
        let loads = AtomicUsize::new(0);
        let load = async || {
            let number = loads.fetch_add(1, Ordering::SeqCst);
            if number == 0 {
                // The note comes after the old state was read and before it is answered.
                changes.mark([&Key::Posts]);
            }
            Ok(made(number))
        };
        assert_eq!(answers.get("k", load).await.unwrap().body, "1");
        assert_eq!(answers.get("k", load).await.unwrap().body, "1");
    }

    #[tokio::test]
    async fn errors_are_not_kept() {
        let (answers, _) = answers();
        let fail = async || Err::<Made<usize>, _>(ReadError::NotFound("post"));
        assert!(matches!(
            answers.get("k", fail).await,
            Err(ReadError::NotFound(_))
        ));
        assert_eq!(answers.get("k", async || Ok(made(1))).await.unwrap().body, "1");
    }
}
