//! Waiting for a condition instead of a time.

use std::{fmt::Debug, time::Duration};

use tokio::time::Instant;

/// The timeout of a condition. Generous: it costs nothing in the usual case, and a killed bus server may have lost
/// acknowledgements, whose messages it redelivers after 10 s.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// The longest response time while a server is unavailable. The limit of the services is two seconds; a test on a busy
/// machine may take longer, but not as long as two attempts in a row.
pub const OUTAGE_LIMIT: Duration = Duration::from_millis(2_900);

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// Calls `probe` until it returns `Some`, and returns the value.
///
/// # Panics
/// With `what` after [`TIMEOUT`].
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let outcome =
        eventually_ok::<T, String>(what, async || probe().await.ok_or_else(|| "not yet".to_owned()));
    outcome.await
}

/// Calls `probe` until it returns `Ok`, and returns the value.
///
/// # Panics
/// With `what` and the last error after [`TIMEOUT`].
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
