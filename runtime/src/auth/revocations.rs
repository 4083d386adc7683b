//! Sessions that ended before their tokens expire.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use common::{event::Timestamp, ids::SessionId};

/// Ended sessions, each kept until its tokens expire.
#[derive(Debug, Default)]
pub struct Revocations {
    until: RwLock<HashMap<SessionId, Timestamp>>,
}

impl Revocations {
    /// Adds `session`, whose last token expires at `until`.
    pub fn revoke(&self, session: SessionId, until: Timestamp) {
        self.write(|map| {
            map.insert(session, until);
        });
    }

    /// Removes `session`.
    pub fn forget(&self, session: SessionId) {
        self.write(|map| {
            map.remove(&session);
        });
    }

    /// Whether `session` ended.
    pub fn is_revoked(&self, session: SessionId) -> bool {
        // A panic while the lock was held leaves a consistent map.
        self.until
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&session)
    }

    /// Removes the sessions whose tokens have expired by `now`; returns the number of those that remain.
    pub fn forget_expired(&self, now: Timestamp) -> usize {
        self.write(|map| {
            map.retain(|_, until| *until > now);
            map.len()
        })
    }

    fn write<T>(&self, change: impl FnOnce(&mut HashMap<SessionId, Timestamp>) -> T) -> T {
        change(&mut self.until.write().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_revocation_lasts_until_the_token_expires() {
        let (revocations, session, now) = (Revocations::default(), SessionId::generate(), Timestamp::now());
        revocations.revoke(session, now.plus(Duration::from_secs(10)));
        assert_eq!(revocations.forget_expired(now), 1);
        assert!(revocations.is_revoked(session));
        assert_eq!(revocations.forget_expired(now.plus(Duration::from_secs(10))), 0);
        assert!(!revocations.is_revoked(session));
    }
}
