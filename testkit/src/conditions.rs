//! Waiting for a condition, never for a time.

use std::{fmt::Debug, time::Duration};

use tokio::time::Instant;

/// How long a condition may take to come true before the test fails. Generous: it costs nothing when all is
/// well, and a bus server that was killed may have forgotten acknowledgements, which it asks for again after 10 s.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// How long the answer to a request may take while a server is away. The promise is two seconds; a test that shares
/// its processors with others may take longer, but not as long as two attempts in turn would.
pub const OUTAGE_LIMIT: Duration = Duration::from_millis(2_900);

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// Asks `probe` until it answers `Some`, and returns that.
///
/// # Panics
/// With `what` when [`TIMEOUT`] has run out.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let outcome =
        eventually_ok::<T, String>(what, async || probe().await.ok_or_else(|| "not yet".to_owned()));
    outcome.await
}

/// Asks `probe` until it answers `Ok`, and returns that.
///
/// # Panics
/// With `what` and the last error when [`TIMEOUT`] has run out.
pub async fn eventually_ok<T, E: Debug>(what: &str, mut probe: impl AsyncFnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    let mut pause = FIRST_PAUSE;
    loop {
        match probe().await {
            Ok(value) => return value,
            Err(error) if Instant::now() >= deadline => panic!("{what}: still {error:?} after {TIMEOUT:?}"),
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(MAX_PAUSE);
    }
}
