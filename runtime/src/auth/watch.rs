//! Watches the two identity buckets, so that a key rotation or a sign-out takes effect within milliseconds.

mod bucket;
mod known_keys;

use std::{path::PathBuf, time::Duration};

use async_nats::jetstream::{
    self,
    kv::{Entry, Operation},
};
use bucket::Watcher;
use common::{event::Timestamp, ids::SessionId};
pub use known_keys::{LoadKeysError, load_known_keys};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{KEYS_BUCKET, KeySet, LEEWAY, REVOCATIONS_BUCKET, Verifier};

/// The interval at which revocations of expired tokens are removed.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(60);

/// Keeps `verifier` up to date from the buckets [`KEYS_BUCKET`] and [`REVOCATIONS_BUCKET`] until `shutdown`.
///
/// It recovers from every failure of the bus: an unavailable or restarted server, a bucket that does not exist yet or was
/// recreated. Known keys and revocations are kept meanwhile; an empty key set after such a failure is ignored, since it
/// would sign out all users. A key or revocation that is deleted from its bucket is removed. With a `state_dir`, each
/// new key set is saved there as `keys.json`.
pub async fn watch_identity(
    verifier: Verifier,
    js: jetstream::Context,
    state_dir: Option<PathBuf>,
    shutdown: CancellationToken,
) {
    let changed = Notify::new();
    let mut keys = Keys {
        verifier: &verifier,
        fresh: KeySet::new(),
        changed: &changed,
    };
    let mut revocations = RevokedSessions { verifier: &verifier };
    tokio::select! {
        () = shutdown.cancelled() => {}
        never = bucket::watch(&js, KEYS_BUCKET, &mut keys) => match never {},
        never = bucket::watch(&js, REVOCATIONS_BUCKET, &mut revocations) => match never {},
        () = known_keys::save_changes(&verifier, state_dir, &changed) => {}
        () = forget_expired(&verifier) => {}
    }
}

async fn forget_expired(verifier: &Verifier) {
    let mut ticks = tokio::time::interval(CLEANUP_INTERVAL);
    loop {
        ticks.tick().await;
        let remaining = verifier
            .revocations()
            .forget_expired(Timestamp::now().minus(LEEWAY));
        metrics::gauge!("auth_revoked_sessions").set(remaining as f64);
    }
}

/// Applies public keys: each is added when it arrives, and the set is replaced once all current keys have arrived.
struct Keys<'a> {
    verifier: &'a Verifier,
    fresh: KeySet,
    changed: &'a Notify,
}

impl Keys<'_> {
    fn set(&self, keys: KeySet) {
        if *self.verifier.keys() != keys {
            tracing::info!(?keys, "public keys changed");
            self.verifier.set_keys(keys);
        }
        self.changed.notify_one();
    }
}

impl Watcher for Keys<'_> {
    fn restart(&mut self) {
        self.fresh = KeySet::new();
    }

    fn apply(&mut self, entry: &Entry) {
        let mut keys = KeySet::clone(&self.verifier.keys());
        match entry.operation {
            Operation::Put => {
                if let Err(error) = self.fresh.insert_json(&entry.key, &entry.value) {
                    tracing::error!(kid = entry.key, %error, "invalid public key in the bucket");
                    return;
                }
                // It was valid a moment ago.
                let _ = keys.insert_json(&entry.key, &entry.value);
            }
            Operation::Delete | Operation::Purge => {
                self.fresh.remove(&entry.key);
                keys.remove(&entry.key);
            }
        }
        self.set(keys);
    }

    fn all_seen(&mut self) {
        if self.fresh.is_empty() {
            tracing::warn!("the bucket has no public key; known keys stay in use");
        } else {
            self.set(self.fresh.clone());
        }
    }
}

/// Applies ended sessions. A bucket that lost them does not reactivate any.
struct RevokedSessions<'a> {
    verifier: &'a Verifier,
}

impl Watcher for RevokedSessions<'_> {
    fn restart(&mut self) {}

    fn apply(&mut self, entry: &Entry) {
        let Ok(session) = entry.key.parse::<SessionId>() else {
            tracing::error!(
                key = entry.key,
                "invalid session id of a revocation in the bucket"
            );
            return;
        };
        let revocations = self.verifier.revocations();
        if entry.operation != Operation::Put {
            return revocations.forget(session);
        }
        // An invalid time must not reactivate an ended session.
        let until = std::str::from_utf8(&entry.value)
            .ok()
            .and_then(|text| text.parse().ok());
        let until = until.unwrap_or_else(|| {
            tracing::error!(%session, "invalid time of a revocation in the bucket");
            Timestamp::now().plus(super::SESSION_LIFETIME)
        });
        revocations.revoke(session, until);
    }

    fn all_seen(&mut self) {}
}

#[cfg(test)]
mod tests;
