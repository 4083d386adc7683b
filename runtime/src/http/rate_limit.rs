//! The rate limit per client address.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use common::error::ErrorCode;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::DefaultKeyedStateStore,
};

use super::ClientAddr;
use crate::{config::RateLimit, error::ApiError};

/// Counts requests per client address in a fixed number of slots, so that a flood of addresses cannot exhaust the
/// memory: at most 65,536 counters, about 3 MB. The hash has a random key, so that a client cannot choose an address
/// that shares a victim's slot.
pub(super) struct AddressLimiter {
    limiter: RateLimiter<u16, DefaultKeyedStateStore<u16>, DefaultClock>,
    hasher: RandomState,
}

impl AddressLimiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
        Self {
            limiter: RateLimiter::keyed(quota),
            hasher: RandomState::new(),
        }
    }

    /// Returns 429 with `Retry-After` if `address` has exceeded its limit.
    pub(super) fn check(&self, address: ClientAddr) -> Result<(), ApiError> {
        let slot = self.hasher.hash_one(address.limit_key()) as u16;
        self.limiter.check_key(&slot).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            ApiError::new(ErrorCode::RateLimited, "Too many requests from this address.")
                .retry_after(wait.max(Duration::from_secs(1)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_beyond_its_burst_is_limited_and_others_are_not() {
        let limiter = AddressLimiter::new(RateLimit::new(1, 3).unwrap());
        let address = |text: &str| ClientAddr(text.parse().unwrap());
        for _ in 0..3 {
            assert!(limiter.check(address("1.1.1.1")).is_ok());
        }
        let rejected = limiter.check(address("1.1.1.1")).unwrap_err();
        assert_eq!(rejected.code(), ErrorCode::RateLimited);
        assert_eq!(rejected.retry_wait(), Some(Duration::from_secs(1)));
        // At most one of these shares the slot.
        let others = ["2.2.2.2", "3.3.3.3", "4.4.4.4"].map(|other| limiter.check(address(other)).is_ok());
        assert!(others.iter().filter(|passed| **passed).count() >= 2);
    }
}
