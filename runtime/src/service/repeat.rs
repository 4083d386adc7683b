//! Steps that a background task repeats.

use std::{error::Error, time::Duration};

use common::error::chain;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Repeats `step` until `stop`: after the pause that it returns, or `retry` after an error, or earlier when `wake` is
/// notified. Of consecutive errors the first is logged as a warning with the message `failure`.
pub async fn repeat<E, F>(
    failure: &'static str,
    retry: Duration,
    wake: &Notify,
    stop: CancellationToken,
    step: impl Fn() -> F,
) where
    E: Error + 'static,
    F: Future<Output = Result<Duration, E>>,
{
    let mut failing = false;
    loop {
        let result = step().await;
        if let Err(error) = &result
            && !failing
        {
            tracing::warn!(error = chain(error), "{failure}");
        }
        failing = result.is_err();
        tokio::select! {
            () = stop.cancelled() => return,
            () = wake.notified() => {}
            () = tokio::time::sleep(result.unwrap_or(retry)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, fmt::Error};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn a_step_is_repeated_after_its_pause_after_an_error_and_when_woken() {
        let (wake, stop) = (&Notify::new(), &CancellationToken::new());
        let start = tokio::time::Instant::now();
        let times = &RefCell::new(Vec::new());
        repeat("failed", HOUR, wake, stop.clone(), move || async move {
            times.borrow_mut().push(start.elapsed().as_secs());
            match times.borrow().len() {
                1 => return Ok(Duration::from_secs(5)),
                2 => return Err(Error),
                3 => wake.notify_one(),
                _ => stop.cancel(),
            }
            Ok(HOUR)
        })
        .await;
        assert_eq!(*times.borrow(), [0, 5, 3605, 3605]);
    }
}
