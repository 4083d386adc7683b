//! The life cycle of a signing key: it is created, published to all services, signs tokens, is retired, and is removed
//! once all its tokens have expired.

use std::time::Duration;

use common::event::Timestamp;

/// The margin after the last token's expiry: replicas notice a rotation within seconds, and clocks differ.
const GRACE: Duration = Duration::from_secs(3600);

/// The status of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// The keys' sequence number, from 1.
    pub serial: i64,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
    /// Whether the public key is on the bus.
    pub published: bool,
}

/// The key that signs: the newest published one, so that no service sees a token before its key. If none is published
/// (a first start while the bus is unavailable), the oldest.
pub fn signing(keys: &[KeyStatus]) -> Option<i64> {
    let active = || keys.iter().filter(|key| key.retired_at.is_none());
    let published = active().filter(|key| key.published).map(|key| key.serial).max();
    published.or_else(|| active().map(|key| key.serial).min())
}

/// The keys to retire: active ones that are older than the one that signs, once that is published.
pub fn superseded(keys: &[KeyStatus]) -> Vec<i64> {
    let Some(signing) = signing(keys) else {
        return Vec::new();
    };
    let published = keys.iter().any(|key| key.serial == signing && key.published);
    keys.iter()
        .filter(|key| published && key.retired_at.is_none() && key.serial < signing)
        .map(|key| key.serial)
        .collect()
}

/// Whether all tokens of the key have expired.
pub fn is_expired(key: &KeyStatus, token_lifetime: Duration, now: Timestamp) -> bool {
    key.retired_at
        .is_some_and(|retired| now.since(retired) > token_lifetime + GRACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(serial: i64, published: bool, retired: bool) -> KeyStatus {
        let retired_at = retired.then(|| Timestamp::from_millis(0).unwrap());
        KeyStatus {
            serial,
            retired_at,
            published,
        }
    }

    #[test]
    fn the_newest_published_key_signs() {
        assert_eq!(signing(&[]), None);
        assert_eq!(signing(&[key(1, true, false), key(2, true, false)]), Some(2));
        assert_eq!(signing(&[key(1, true, false), key(2, false, false)]), Some(1));
        assert_eq!(signing(&[key(1, true, true), key(2, true, false)]), Some(2));
        assert_eq!(signing(&[key(1, true, true)]), None);
    }

    #[test]
    fn without_a_published_key_the_oldest_signs() {
        assert_eq!(signing(&[key(1, false, false), key(2, false, false)]), Some(1));
    }

    #[test]
    fn a_key_is_retired_once_its_successor_is_published() {
        assert_eq!(
            superseded(&[key(1, true, false), key(2, false, false)]),
            Vec::<i64>::new()
        );
        assert_eq!(superseded(&[key(1, true, false), key(2, true, false)]), [1]);
        assert_eq!(
            superseded(&[key(1, true, true), key(2, false, false), key(3, true, false)]),
            [2]
        );
        assert_eq!(superseded(&[key(1, true, false)]), Vec::<i64>::new());
    }

    #[test]
    fn a_retired_key_is_kept_until_its_tokens_have_expired() {
        let week = Duration::from_secs(7 * 24 * 3600);
        let after = |time| Timestamp::from_millis(0).unwrap().plus(time);
        assert!(!is_expired(&key(1, true, true), week, after(week)));
        assert!(is_expired(&key(1, true, true), week, after(week + GRACE * 2)));
        assert!(!is_expired(&key(1, true, false), week, after(week * 100)));
    }
}
