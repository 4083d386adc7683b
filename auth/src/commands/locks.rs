//! Locks of accounts.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

/// One lock per account. Their number is fixed, so that many names cannot exhaust the memory; accounts that share a lock
/// cannot be chosen by a client.
#[derive(Debug)]
pub(super) struct AccountLocks {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for AccountLocks {
    fn default() -> Self {
        Self {
            locks: (0..1024).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl AccountLocks {
    pub(super) async fn lock(&self, key: &str) -> MutexGuard<'_, ()> {
        let slot = self.hasher.hash_one(key) as usize % self.locks.len();
        self.locks[slot].lock().await
    }
}
