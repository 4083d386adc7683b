//! The progress of long operations, on stderr if that is a terminal.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

/// The interval between updates.
const INTERVAL: Duration = Duration::from_millis(100);
/// The bar's width in characters.
const WIDTH: u64 = 30;

/// A progress bar that is erased on drop.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    total: Option<u64>,
    begun: Instant,
    drawn: Option<Instant>,
    visible: bool,
}

impl Progress {
    /// Progress over `total` items of `what`, e.g. `events`; without a bar if the total is unknown.
    pub fn new(what: &'static str, total: Option<u64>) -> Self {
        Self {
            what,
            total: total.filter(|total| *total > 0),
            begun: Instant::now(),
            drawn: None,
            visible: io::stderr().is_terminal(),
        }
    }

    /// Reports that `done` items are done.
    pub fn at(&mut self, done: u64) {
        let now = Instant::now();
        if !self.visible || self.drawn.is_some_and(|drawn| now - drawn < INTERVAL) {
            return;
        }
        self.drawn = Some(now);
        let line = self.line(done, now - self.begun);
        let _ = write!(io::stderr(), "\r\x1b[K{line}");
    }

    fn line(&self, done: u64, elapsed: Duration) -> String {
        let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
        let what = self.what;
        let Some(total) = self.total else {
            return format!("{done} {what}  {rate:.0}/s");
        };
        let filled = usize::try_from(WIDTH * done.min(total) / total).unwrap_or(0);
        let bar = format!("{:<1$}", "█".repeat(filled), WIDTH as usize);
        let left = total.saturating_sub(done) as f64 / rate.max(0.001);
        format!("{bar} {done} of {total} {what}  {rate:.0}/s  {left:.0} s left")
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
