//! A point in time on the command line.

use std::{str::FromStr, time::Duration};

use common::event::Timestamp;
use jiff::{Span, SpanRelativeTo, civil, tz::TimeZone};

/// A point in time: RFC 3339, a date or a date and time in the local zone, or an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(Timestamp);

impl Moment {
    /// The point in time.
    pub fn time(self) -> Timestamp {
        self.0
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self(time));
        }
        if let Ok(local) = text.parse::<civil::DateTime>() {
            let zoned = local
                .to_zoned(TimeZone::system())
                .map_err(|error| error.to_string())?;
            return Ok(Self(zoned.timestamp().into()));
        }
        ago(text)
            .map(|ago| Self(Timestamp::now().minus(ago)))
            .ok_or_else(|| {
                "neither a time (2026-01-31T12:00:00Z, 2026-01-31) nor an age (90s, 2h, 3d)".to_owned()
            })
    }
}

/// An age: `2h`, `1d 12h`, `90s`. A day is 24 hours.
fn ago(text: &str) -> Option<Duration> {
    let span: Span = text.parse().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(duration).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_dates_and_ages() {
        let time: Moment = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(time.time().to_string(), "2026-01-31T12:00:00.000Z");
        assert!("2026-01-31".parse::<Moment>().is_ok());
        assert_eq!(ago("2h"), Some(Duration::from_secs(7200)));
        assert_eq!(ago("1d 12h"), Some(Duration::from_secs(36 * 3600)));
        assert!("yesterday".parse::<Moment>().is_err());
        assert!("-2h".parse::<Moment>().is_err());
    }
}
