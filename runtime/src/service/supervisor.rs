//! Keeps background tasks running.
//!
//! A task that panics, or that ends although the service does not, is restarted after a growing pause. One that keeps
//! dying ends the process: a service that looks healthy and does half its work is worse than one that is restarted.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::panic::panic_message;

/// The pause before the first restart; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause before a restart.
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// Deaths in a row after which the process ends.
const MAX_DEATHS: u32 = 6;
/// A task that ran for this long has recovered, and its earlier deaths no longer count.
const STABLE: Duration = Duration::from_secs(60);

/// Runs `task` until `stop`, restarting it as often as necessary.
///
/// # Errors
/// If it died [`MAX_DEATHS`] times without having been stable in between.
pub(super) async fn supervise<F>(
    name: &str,
    stop: &CancellationToken,
    mut task: impl FnMut() -> F,
) -> Result<(), StartError>
where
    F: Future<Output = ()>,
{
    let mut deaths = 0;
    loop {
        let started = Instant::now();
        // A panic while the future is created counts as well.
        let running = AssertUnwindSafe(async { task().await }).catch_unwind();
        let outcome = running.await;
        if stop.is_cancelled() && outcome.is_ok() {
            return Ok(());
        }
        let reason = match &outcome {
            Ok(()) => "it ended early",
            Err(panic) => panic_message(panic.as_ref()),
        };
        deaths = if started.elapsed() >= STABLE {
            1
        } else {
            deaths + 1
        };
        metrics::counter!("task_deaths_total", "task" => name.to_owned()).increment(1);
        tracing::error!(task = name, deaths, reason, "a background task died");
        if stop.is_cancelled() {
            return Ok(());
        }
        if deaths >= MAX_DEATHS {
            return Err(StartError::because(format!(
                "the background task `{name}` died {deaths} times in a row; last: {reason}"
            )));
        }
        let pause = FIRST_PAUSE
            .saturating_mul(2_u32.saturating_pow(deaths - 1))
            .min(MAX_PAUSE);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_restarted_until_it_is_stopped() {
        let (stop, starts) = (CancellationToken::new(), AtomicU32::new(0));
        let outcome = supervise("flaky", &stop, || {
            let start = starts.fetch_add(1, Ordering::Relaxed);
            let stop = stop.clone();
            async move {
                assert!(start >= 3, "start {start}");
                stop.cancel();
            }
        });
        outcome.await.unwrap();
        assert_eq!(starts.load(Ordering::Relaxed), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_keeps_dying_is_given_up() {
        let stop = CancellationToken::new();
        let outcome = supervise("broken", &stop, || async { panic!("no luck") }).await;
        let error = outcome.unwrap_err().to_string();
        assert!(
            error.contains("`broken` died 6 times") && error.contains("no luck"),
            "{error}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn deaths_long_apart_do_not_add_up() {
        let (stop, starts) = (CancellationToken::new(), AtomicU32::new(0));
        let outcome = supervise("rare", &stop, || {
            let start = starts.fetch_add(1, Ordering::Relaxed);
            let stop = stop.clone();
            async move {
                if start == 20 {
                    stop.cancel();
                } else {
                    tokio::time::sleep(STABLE).await;
                    panic!("once a minute");
                }
            }
        });
        outcome.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ends_early_is_restarted() {
        let stop = CancellationToken::new();
        let outcome = supervise("short", &stop, || async {}).await;
        assert!(outcome.unwrap_err().to_string().contains("it ended early"));
    }
}
