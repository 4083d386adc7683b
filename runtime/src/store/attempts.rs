//! Repeated attempts at a command that lost a race.

use std::time::Duration;

use super::StoreError;

/// The most attempts at one command.
const MAX_ATTEMPTS: u32 = 16;

/// Counts the attempts at one command:
///
/// ```ignore
/// let mut attempts = Attempts::default();
/// loop {
///     let prior = store.find(&id).await?;
///     match store.save(prior.as_ref(), decide(prior.as_ref())?, cause).await {
///         Ok(stored) => return Ok(stored),
///         Err(error) => attempts.retry(error).await?,
///     }
/// }
/// ```
#[derive(Debug, Default)]
pub struct Attempts(u32);

impl Attempts {
    /// Pauses for a moment if `error` is a lost race and attempts are left.
    ///
    /// # Errors
    /// `error` itself otherwise.
    pub async fn retry(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.0 += 1;
        if !error.is_lost_race() || self.0 >= MAX_ATTEMPTS {
            return Err(error);
        }
        // Random: commands that lost at the same moment would lose to each other again.
        let longest = u64::from(2_u32.saturating_pow(self.0).min(64));
        let pause = rand::random_range(0..=longest);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        Ok(())
    }
}
