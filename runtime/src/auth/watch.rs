//! Follows the two identity buckets, so that a key rotation or a sign-out takes effect within milliseconds.

mod bucket;
mod saved;

use std::{path::PathBuf, time::Duration};

use async_nats::jetstream::{
    self,
    kv::{Entry, Operation},
};
use bucket::Follower;
use common::{event::Timestamp, ids::SessionId};
pub use saved::{LoadKeysError, load_known_keys};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{KEYS_BUCKET, KeySet, LEEWAY, REVOCATIONS_BUCKET, Verifier};

/// How often revocations of expired tokens are forgotten.
const FORGET_INTERVAL: Duration = Duration::from_secs(60);

/// Keeps `verifier` up to date from the buckets [`KEYS_BUCKET`] and [`REVOCATIONS_BUCKET`] until `shutdown`.
///
/// It outlives everything that happens to the bus: a server that is away or restarted, a bucket that is not there
/// yet, or was deleted and made again. What is known is kept meanwhile; a key set that is empty after such a loss
/// is not believed, since signing everybody out is never what was meant. A key or revocation that is deleted from
/// its bucket is dropped. With a `state_dir`, each new key set is saved there as `keys.json`.
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
        never = bucket::follow(&js, KEYS_BUCKET, &mut keys) => match never {},
        never = bucket::follow(&js, REVOCATIONS_BUCKET, &mut revocations) => match never {},
        () = saved::save_changes(&verifier, state_dir, &changed) => {}
        () = forget_expired(&verifier) => {}
    }
}

async fn forget_expired(verifier: &Verifier) {
    let mut ticks = tokio::time::interval(FORGET_INTERVAL);
    loop {
        ticks.tick().await;
        let left = verifier
            .revocations()
            .forget_expired(Timestamp::now().minus(LEEWAY));
        metrics::gauge!("auth_revoked_sessions").set(left as f64);
    }
}

/// Takes public keys: added as they come, and the set replaced as a whole once all present ones have come.
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

impl Follower for Keys<'_> {
    fn restart(&mut self) {
        self.fresh = KeySet::new();
    }

    fn apply(&mut self, entry: &Entry) {
        let mut keys = KeySet::clone(&self.verifier.keys());
        match entry.operation {
            Operation::Put => {
                if let Err(error) = self.fresh.insert_json(&entry.key, &entry.value) {
                    tracing::error!(kid = entry.key, %error, "a public key on the bus cannot be used");
                    return;
                }
                // It went in once, so it goes in twice.
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
            tracing::warn!("the bus knows no public key; those known before stay in use");
        } else {
            self.set(self.fresh.clone());
        }
    }
}

/// Takes ended sessions. A bucket that lost them revives none.
struct RevokedSessions<'a> {
    verifier: &'a Verifier,
}

impl Follower for RevokedSessions<'_> {
    fn restart(&mut self) {}

    fn apply(&mut self, entry: &Entry) {
        let Ok(session) = entry.key.parse::<SessionId>() else {
            tracing::error!(key = entry.key, "a revocation on the bus names no session");
            return;
        };
        let revocations = self.verifier.revocations();
        if entry.operation != Operation::Put {
            return revocations.forget(session);
        }
        // A time that cannot be read must not let an ended session live on.
        let until = std::str::from_utf8(&entry.value)
            .ok()
            .and_then(|text| text.parse().ok());
        let until = until.unwrap_or_else(|| {
            tracing::error!(%session, "a revocation on the bus has no readable time");
            Timestamp::now().plus(super::SESSION_LIFETIME)
        });
        revocations.revoke(session, until);
    }

    fn all_seen(&mut self) {}
}

#[cfg(test)]
mod tests;
