//! Human-readable times.

use common::event::Timestamp;
use jiff::tz::TimeZone;

/// Formats times in one zone.
#[derive(Debug, Clone)]
pub struct Times {
    zone: TimeZone,
}

impl Times {
    /// In UTC, or in this machine's zone.
    pub fn new(utc: bool) -> Self {
        let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
        Self { zone }
    }

    /// Date and time of day to the millisecond, with a `Z` if UTC is selected.
    pub fn date_time(&self, time: Timestamp) -> String {
        let suffix = if self.zone == TimeZone::UTC { "Z" } else { "" };
        format!("{}{suffix}", self.strftime(time, "%Y-%m-%d %H:%M:%S%.3f"))
    }

    fn strftime(&self, time: Timestamp, format: &str) -> String {
        match jiff::Timestamp::from_millisecond(time.as_millis()) {
            Ok(time) => time.to_zoned(self.zone.clone()).strftime(format).to_string(),
            Err(_) => time.to_string(),
        }
    }
}

/// A human-readable duration: `850 ms`, `12.3 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`.
pub fn duration(duration: std::time::Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    match seconds {
        0 => format!("{millis} ms"),
        1..=59 => format!("{seconds}.{} s", millis / 100),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..=86_399 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}
