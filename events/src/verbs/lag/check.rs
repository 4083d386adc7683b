//! Lag limits and the readers that exceed them.

use std::{str::FromStr, time::Duration};

use jiff::{Span, SpanRelativeTo};

use crate::{
    output::duration,
    readers::{Kind, Reader, State},
};

/// The status for a monitoring system, in ascending severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Status {
    #[default]
    Ok,
    Warning,
    Unknown,
    Critical,
}

impl Status {
    /// The exit code of monitoring plugins.
    ///
    /// Source: Monitoring Plugins Development Guidelines, "Plugin Return Codes".
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The limits of the lag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) warn: Limit,
    pub(super) crit: Limit,
}

/// One level: the largest acceptable values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) events: Option<u64>,
    pub(super) time: Option<Duration>,
}

impl FromStr for Limits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        for part in text.split(',') {
            let (level, amount) = part
                .split_once('=')
                .ok_or("takes warn=…,crit=…, each a number of events or a time such as 30s")?;
            let limit = match level.trim() {
                "warn" => &mut limits.warn,
                "crit" => &mut limits.crit,
                other => return Err(format!("`{other}` is neither `warn` nor `crit`")),
            };
            match amount.trim().parse() {
                Ok(events) => limit.events = Some(events),
                Err(_) => limit.time = Some(time(amount.trim())?),
            }
        }
        Ok(limits)
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let span: Result<Span, _> = text.parse();
    let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    duration
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| format!("`{text}` is neither a number of events nor a time such as 30s, 5m"))
}

impl Limit {
    /// Why `reader` exceeds it, if it does.
    fn exceeded(&self, reader: &Reader) -> Option<String> {
        let (events, seconds) = (reader.lag_events?, reader.lag_seconds?);
        if self.events.is_some_and(|limit| events > limit) {
            return Some(format!("{} is {events} events behind", reader.name));
        }
        let behind = Duration::from_secs_f64(seconds);
        let late = self.time.is_some_and(|limit| behind > limit);
        late.then(|| format!("{} is {} behind", reader.name, duration(behind)))
    }
}

/// The readers that exceed the limits.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Name, status, and reason.
    pub(super) findings: Vec<(String, Status, String)>,
}

impl Limits {
    pub(super) fn judge(&self, readers: &[Reader]) -> Verdict {
        let finding = |reader: &Reader| {
            let (status, why) = match (reader.state, reader.kind) {
                // Its events are not processed.
                (State::Missing, Kind::Consumer) => (Status::Critical, format!("{} is missing", reader.name)),
                (State::Missing, Kind::Projection) => {
                    (Status::Unknown, format!("{} has no checkpoint", reader.name))
                }
                _ => match (self.crit.exceeded(reader), self.warn.exceeded(reader)) {
                    (Some(why), _) => (Status::Critical, why),
                    (None, Some(why)) => (Status::Warning, why),
                    (None, None) => return None,
                },
            };
            Some((reader.name.clone(), status, why))
        };
        let mut findings: Vec<_> = readers.iter().filter_map(finding).collect();
        findings.sort_by_key(|(_, status, _)| std::cmp::Reverse(*status));
        Verdict { findings }
    }
}

impl Verdict {
    /// The worst status of all readers.
    pub(super) fn status(&self) -> Status {
        let statuses = self.findings.iter().map(|(_, status, _)| *status);
        statuses.max().unwrap_or_default()
    }

    /// The status of one reader.
    pub(super) fn of(&self, name: &str) -> Status {
        let found = self.findings.iter().find(|(finding, _, _)| finding == name);
        found.map_or(Status::Ok, |(_, status, _)| *status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_events_or_times() {
        let limits: Limits = "warn=100,crit=1000,warn=30s, crit=5m".parse().unwrap();
        assert_eq!((limits.warn.events, limits.crit.events), (Some(100), Some(1000)));
        assert_eq!(limits.warn.time, Some(Duration::from_secs(30)));
        assert_eq!(limits.crit.time, Some(Duration::from_secs(300)));
        for wrong in ["", "100", "warn", "warn=much", "worse=1", "warn=-3s"] {
            assert!(wrong.parse::<Limits>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_worst_status_counts() {
        assert!(Status::Critical > Status::Unknown && Status::Unknown > Status::Warning);
        let codes = [Status::Ok, Status::Warning, Status::Critical, Status::Unknown].map(Status::code);
        assert_eq!(codes, [0, 1, 2, 3]);
    }
}
