//! Points in time in the platform's format.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time with millisecond precision, formatted as RFC 3339 in UTC with exactly three decimals
/// (`2026-01-31T12:00:00.000Z`), so that the texts sort like the times, also in MongoDB indexes and page cursors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The current time, truncated to milliseconds.
    pub fn now() -> Self {
        Self::from(jiff::Timestamp::now())
    }

    /// A time from milliseconds since 1970, or `None` outside the years -9999 to 9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        jiff::Timestamp::from_millisecond(millis).ok().map(Self)
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since 1970, rounded down; the unit of JWT claims.
    pub fn as_secs(self) -> i64 {
        self.as_millis().div_euclid(1000)
    }

    /// This time plus `duration`, saturating at the maximum.
    #[must_use]
    pub fn plus(self, duration: std::time::Duration) -> Self {
        Self::from(self.0.checked_add(duration).unwrap_or(jiff::Timestamp::MAX))
    }

    /// This time minus `duration`, saturating at the minimum.
    #[must_use]
    pub fn minus(self, duration: std::time::Duration) -> Self {
        Self::from(self.0.checked_sub(duration).unwrap_or(jiff::Timestamp::MIN))
    }

    /// The time since `earlier`; zero if that is later.
    pub fn since(self, earlier: Self) -> std::time::Duration {
        let millis = self.as_millis().saturating_sub(earlier.as_millis());
        std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self::from_millis(time.as_millisecond()).unwrap_or(Self(time))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(Self::from)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_three_decimals_so_texts_sort_as_times() {
        let whole: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-01-31T12:00:00.0019999Z".parse().unwrap();
        assert_eq!(whole.to_string(), "2026-01-31T12:00:00.000Z");
        assert_eq!(later.to_string(), "2026-01-31T12:00:00.001Z");
        assert!(whole.to_string() < later.to_string());
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let now = Timestamp::now();
        assert_eq!(now.to_string().parse::<Timestamp>().unwrap(), now);
        assert_eq!(
            serde_json::from_str::<Timestamp>(&serde_json::to_string(&now).unwrap()).unwrap(),
            now
        );
    }
}
