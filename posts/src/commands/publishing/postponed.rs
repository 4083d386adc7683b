//! Scheduled posts that could not be published on this replica. Each is attempted again with growing delays, so that one
//! that never succeeds does not fill the log.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The first and the longest delay.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const MAX_DELAY: Duration = Duration::from_secs(30);

/// By post id: how often it has failed, and when it is attempted again.
#[derive(Debug, Default)]
pub(crate) struct Postponed(Mutex<HashMap<String, (u32, Instant)>>);

impl Postponed {
    /// Whether the post has to wait.
    pub(super) fn contains(&self, post: &str) -> bool {
        let now = Instant::now();
        self.posts()
            .get(post)
            .is_some_and(|(_, retry_at)| now < *retry_at)
    }

    /// The post failed; returns the delay until the next attempt.
    pub(super) fn postpone(&self, post: &str) -> Duration {
        let now = Instant::now();
        let mut posts = self.posts();
        // Those that were rescheduled or deleted meanwhile.
        posts.retain(|_, (_, retry_at)| now < *retry_at + 2 * MAX_DELAY);
        let (failures, retry_at) = posts.entry(post.to_owned()).or_insert((0, now));
        let delay = FIRST_DELAY
            .saturating_mul(2_u32.saturating_pow(*failures))
            .min(MAX_DELAY);
        *failures += 1;
        *retry_at = now + delay;
        delay
    }

    /// The post has succeeded, or is no longer to be published.
    pub(super) fn remove(&self, post: &str) {
        self.posts().remove(post);
    }

    fn posts(&self) -> MutexGuard<'_, HashMap<String, (u32, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn delays_grow_and_end_with_a_success() {
        let postponed = Postponed::default();
        for expected in [1, 2, 4, 8, 16, 30, 30] {
            assert!(!postponed.contains("a"));
            let delay = postponed.postpone("a");
            assert_eq!(delay, Duration::from_secs(expected));
            assert!(postponed.contains("a") && !postponed.contains("b"));
            tokio::time::advance(delay).await;
        }
        postponed.postpone("a");
        postponed.remove("a");
        assert!(!postponed.contains("a"));
        assert_eq!(postponed.postpone("a"), FIRST_DELAY);
    }
}
