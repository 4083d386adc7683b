//! Delays after wrong passwords, and quotas per address.

use std::time::Duration;

use common::event::Timestamp;

/// The number of consecutive wrong passwords without a delay.
pub const FREE_FAILURES: u32 = 5;
/// The first delay; it doubles with each further wrong password.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The longest delay.
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);
/// The time without a wrong password after which the count is reset.
pub const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// Wrong passwords for one account since the last correct one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// Their number.
    pub count: u32,
    /// The time of the last one.
    pub last: Timestamp,
}

impl Failures {
    /// How long the next attempt has to wait; `None` if it is allowed now.
    pub fn wait(self, now: Timestamp) -> Option<Duration> {
        let passed = now.since(self.last);
        if passed >= MEMORY {
            return None;
        }
        delay(self.count)
            .checked_sub(passed)
            .filter(|wait| !wait.is_zero())
    }
}

/// The delay after `failures` consecutive wrong passwords.
fn delay(failures: u32) -> Duration {
    match failures.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(beyond) => FIRST_DELAY.saturating_mul(1 << beyond.min(16)).min(LONGEST_DELAY),
    }
}

/// A maximum number of actions per period; `limit` 0 means no maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The maximum.
    pub limit: u32,
    pub period: Duration,
}

impl Quota {
    /// The number of the period that contains `now`, counted from 1970.
    pub fn window(self, now: Timestamp) -> i64 {
        now.as_millis().div_euclid(self.millis())
    }

    /// The time until the next period, if `count` has reached the maximum of this one.
    pub fn wait(self, count: u32, now: Timestamp) -> Option<Duration> {
        if self.limit == 0 || count < self.limit {
            return None;
        }
        let passed = now.as_millis().rem_euclid(self.millis());
        let left = u64::try_from(self.millis() - passed).unwrap_or(1);
        Some(Duration::from_millis(left))
    }

    fn millis(self) -> i64 {
        i64::try_from(self.period.as_millis()).unwrap_or(i64::MAX).max(1)
    }
}

/// The quotas of one address.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Wrong passwords.
    pub failures: Quota,
    /// New accounts.
    pub sign_ups: Quota,
}

impl Limits {
    /// At most `failures` wrong passwords in 15 minutes, and `sign_ups` new accounts in an hour; 0 means no maximum.
    pub fn new(failures: u32, sign_ups: u32) -> Self {
        let quota = |limit, minutes: u64| Quota {
            limit,
            period: Duration::from_secs(minutes * 60),
        };
        Self {
            failures: quota(failures, 15),
            sign_ups: quota(sign_ups, 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + secs * 1000).unwrap()
    }

    fn wait(count: u32, passed: i64) -> Option<u64> {
        Failures { count, last: at(0) }
            .wait(at(passed))
            .map(|wait| wait.as_secs())
    }

    #[test]
    fn five_failures_cause_no_delay_and_the_sixth_attempt_waits() {
        for count in 0..5 {
            assert_eq!(wait(count, 0), None, "{count}");
        }
        assert_eq!(wait(5, 0), Some(1));
        assert_eq!(wait(5, 1), None);
    }

    #[test]
    fn the_delay_doubles_up_to_fifteen_minutes() {
        let waits: Vec<_> = (5..18).filter_map(|count| wait(count, 0)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(wait(u32::MAX, 0), Some(900));
        assert_eq!(wait(9, 10), Some(6));
    }

    #[test]
    fn the_count_is_reset_after_a_day() {
        assert_eq!(wait(u32::MAX, 24 * 3600), None);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_prolong_the_delay() {
        assert_eq!(wait(5, -100), Some(1));
    }

    #[test]
    fn a_quota_is_exhausted_and_available_again_in_the_next_period() {
        let quota = Quota {
            limit: 3,
            period: Duration::from_secs(900),
        };
        let start = quota.window(at(0)) * 900 * 1000;
        let into = |secs: i64| Timestamp::from_millis(start + secs * 1000).unwrap();
        assert_eq!(quota.wait(2, into(10)), None);
        assert_eq!(quota.wait(3, into(10)), Some(Duration::from_secs(890)));
        assert_eq!(quota.window(into(899)), quota.window(into(0)));
        assert_eq!(quota.window(into(900)), quota.window(into(0)) + 1);
        assert_eq!(Quota { limit: 0, ..quota }.wait(1_000_000, into(0)), None);
    }
}
