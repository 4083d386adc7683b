//! The life of a signing key: it comes, every service learns it, it signs, it retires, and goes once no token
//! of it can live.

use std::time::Duration;

use common::event::Timestamp;

/// Longer than any token lives after its key retired: replicas notice a rotation within seconds, clocks differ.
const GRACE: Duration = Duration::from_secs(3600);

/// What decides about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// Counts keys up from 1.
    pub serial: i64,
    /// Since when it signs no more.
    pub retired_at: Option<Timestamp>,
    /// Whether the other services were told of it.
    pub published: bool,
}

/// Which of `keys` signs: the newest that the other services know, so that no token comes before its key. As long
/// as they know none (a first start while the bus is away), the oldest.
pub fn signing(keys: &[KeyStatus]) -> Option<i64> {
    let active = || keys.iter().filter(|key| key.retired_at.is_none());
    let known = active().filter(|key| key.published).map(|key| key.serial).max();
    known.or_else(|| active().map(|key| key.serial).min())
}

/// Which of `keys` are to retire: those that are active and older than the one that signs.
pub fn superseded(keys: &[KeyStatus]) -> Vec<i64> {
    let Some(signing) = signing(keys) else {
        return Vec::new();
    };
    let known = keys.iter().any(|key| key.serial == signing && key.published);
    keys.iter()
        .filter(|key| known && key.retired_at.is_none() && key.serial < signing)
        .map(|key| key.serial)
        .collect()
}

/// Whether no token of the key can live any more.
pub fn is_spent(key: &KeyStatus, token_lifetime: Duration, now: Timestamp) -> bool {
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
    fn the_newest_that_all_know_signs() {
        assert_eq!(signing(&[]), None);
        assert_eq!(signing(&[key(1, true, false), key(2, true, false)]), Some(2));
        assert_eq!(signing(&[key(1, true, false), key(2, false, false)]), Some(1));
        assert_eq!(signing(&[key(1, true, true), key(2, true, false)]), Some(2));
        assert_eq!(signing(&[key(1, true, true)]), None);
    }

    #[test]
    fn while_nobody_knows_any_the_first_signs() {
        assert_eq!(signing(&[key(1, false, false), key(2, false, false)]), Some(1));
    }

    #[test]
    fn a_key_retires_when_its_successor_is_known() {
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
    fn a_retired_key_stays_as_long_as_its_tokens() {
        let week = Duration::from_secs(7 * 24 * 3600);
        let after = |time| Timestamp::from_millis(0).unwrap().plus(time);
        assert!(!is_spent(&key(1, true, true), week, after(week)));
        assert!(is_spent(&key(1, true, true), week, after(week + GRACE * 2)));
        assert!(!is_spent(&key(1, true, false), week, after(week * 100)));
    }
}
