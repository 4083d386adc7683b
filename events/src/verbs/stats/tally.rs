//! Counts by group and by time step, whose width grows with the time range.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use common::event::Timestamp;
use serde::Serialize;

use crate::failure::Failure;

/// The most groups; further ones are counted together. Types come from messages, which may contain anything.
const MAX_GROUPS: usize = 500;
/// The name of the group of further ones.
const OTHERS: &str = "(others)";
/// The most steps of automatic width.
const MAX_STEPS: usize = 120;
/// The most steps of a fixed width.
const MAX_FIXED_STEPS: usize = 10_000;
/// Widths in seconds; beyond the last, each is twice the one before.
const WIDTHS: [u64; 13] = [
    1,
    5,
    15,
    60,
    300,
    900,
    3600,
    3 * 3600,
    6 * 3600,
    12 * 3600,
    86_400,
    7 * 86_400,
    28 * 86_400,
];

/// The counts.
#[derive(Debug, Clone, Default)]
struct Group {
    events: u64,
    bytes: u64,
    largest: u64,
    first: i64,
    last: i64,
}

/// The counts of one step, by group.
type Step = HashMap<u32, u64>;

/// The counters.
#[derive(Debug)]
pub(super) struct Tally {
    /// The width of a step in milliseconds.
    width: i64,
    fixed: bool,
    names: HashMap<String, u32>,
    groups: Vec<Group>,
    /// Steps by their number since 1970.
    steps: BTreeMap<i64, Step>,
}

impl Tally {
    pub(super) fn new(width: Option<Duration>) -> Self {
        let seconds = width.map_or(WIDTHS[0], |width| width.as_secs());
        Self {
            width: i64::try_from(seconds * 1000).unwrap_or(i64::MAX),
            fixed: width.is_some(),
            names: HashMap::new(),
            groups: Vec::new(),
            steps: BTreeMap::new(),
        }
    }

    /// Counts an event of `bytes` at `time` (milliseconds since 1970).
    ///
    /// # Errors
    /// If a fixed width results in too many steps.
    pub(super) fn count(&mut self, key: &str, time: i64, bytes: u64) -> Result<(), Failure> {
        let number = self.group(key);
        if let Some(group) = self.groups.get_mut(number as usize) {
            group.first = if group.events == 0 {
                time
            } else {
                group.first.min(time)
            };
            group.last = if group.events == 0 {
                time
            } else {
                group.last.max(time)
            };
            group.events += 1;
            group.bytes += bytes;
            group.largest = group.largest.max(bytes);
        }
        let step = self.steps.entry(time.div_euclid(self.width)).or_default();
        *step.entry(number).or_default() += 1;
        if self.fixed && self.steps.len() > MAX_FIXED_STEPS {
            return Err(Failure::usage(format!(
                "--bucket divides this time range into more than {MAX_FIXED_STEPS} steps"
            )));
        }
        while !self.fixed && self.span() > MAX_STEPS as u64 {
            self.widen();
        }
        Ok(())
    }

    fn group(&mut self, key: &str) -> u32 {
        if let Some(number) = self.names.get(key) {
            return *number;
        }
        let key = if self.groups.len() < MAX_GROUPS {
            key
        } else {
            OTHERS
        };
        let number = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let found = *self.names.entry(key.to_owned()).or_insert(number);
        if found == number {
            self.groups.push(Group::default());
        }
        found
    }

    /// The number of steps from the first to the last, including empty ones.
    fn span(&self) -> u64 {
        match (self.steps.first_key_value(), self.steps.last_key_value()) {
            (Some((first, _)), Some((last, _))) => last.abs_diff(*first) + 1,
            _ => 0,
        }
    }

    fn widen(&mut self) {
        let now = self.width / 1000;
        let next = WIDTHS
            .iter()
            .map(|width| *width as i64)
            .find(|width| *width > now);
        let width = next.unwrap_or(now * 2) * 1000;
        let steps = std::mem::take(&mut self.steps);
        for (number, step) in steps {
            let wider = self
                .steps
                .entry((number * self.width).div_euclid(width))
                .or_default();
            for (group, count) in step {
                *wider.entry(group).or_default() += count;
            }
        }
        self.width = width;
    }

    /// The result: groups by their number of events, and every step from the first to the last.
    pub(super) fn report(self) -> Report {
        let mut names: Vec<(&String, &Group)> = self
            .names
            .iter()
            .filter_map(|(name, number)| Some((name, self.groups.get(*number as usize)?)))
            .collect();
        names.sort_by(|(one, first), (other, second)| (second.events, one).cmp(&(first.events, other)));
        let row = |(name, group): &(&String, &Group)| Row::new(name, group);
        let mut total = Group::default();
        for (_, group) in &names {
            total.first = if total.events == 0 {
                group.first
            } else {
                total.first.min(group.first)
            };
            total.last = if total.events == 0 {
                group.last
            } else {
                total.last.max(group.last)
            };
            total.events += group.events;
            total.bytes += group.bytes;
            total.largest = total.largest.max(group.largest);
        }
        Report {
            bucket_seconds: u64::try_from(self.width / 1000).unwrap_or(0),
            total: Row::new("total", &total),
            groups: names.iter().map(row).collect(),
            buckets: self.buckets(),
        }
    }

    fn buckets(&self) -> Vec<BucketRow> {
        let name_of: HashMap<u32, &String> =
            self.names.iter().map(|(name, number)| (*number, name)).collect();
        let bucket = |number: i64, step: Option<&Step>| BucketRow {
            start: Timestamp::from_millis(number * self.width),
            events: step.map_or(0, |step| step.values().sum()),
            by: step
                .into_iter()
                .flatten()
                .filter_map(|(group, count)| Some(((*name_of.get(group)?).clone(), *count)))
                .collect(),
        };
        // Including empty ones, unless an outlier makes them too many.
        if self.span() > MAX_FIXED_STEPS as u64 {
            return self
                .steps
                .iter()
                .map(|(number, step)| bucket(*number, Some(step)))
                .collect();
        }
        let Some((first, last)) = self.steps.keys().next().zip(self.steps.keys().next_back()) else {
            return Vec::new();
        };
        (*first..=*last)
            .map(|number| bucket(number, self.steps.get(&number)))
            .collect()
    }
}

/// The counts.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) bucket_seconds: u64,
    pub(super) total: Row,
    pub(super) groups: Vec<Row>,
    pub(super) buckets: Vec<BucketRow>,
}

/// A group.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) key: String,
    pub(super) events: u64,
    /// Headers and bodies.
    pub(super) bytes: u64,
    pub(super) average_bytes: u64,
    pub(super) largest_bytes: u64,
    /// The time from the first to the last.
    pub(super) per_second: Option<f64>,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
}

impl Row {
    fn new(key: &str, group: &Group) -> Self {
        let seconds = (group.last - group.first) as f64 / 1000.0;
        let time = |millis| {
            (group.events > 0)
                .then(|| Timestamp::from_millis(millis))
                .flatten()
        };
        Self {
            key: key.to_owned(),
            events: group.events,
            bytes: group.bytes,
            average_bytes: group.bytes.checked_div(group.events).unwrap_or(0),
            largest_bytes: group.largest,
            per_second: (seconds > 0.0).then(|| group.events as f64 / seconds),
            first: time(group.first),
            last: time(group.last),
        }
    }
}

/// A time step.
#[derive(Debug, Serialize)]
pub(super) struct BucketRow {
    pub(super) start: Option<Timestamp>,
    pub(super) events: u64,
    pub(super) by: BTreeMap<String, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_wider_without_losing_counts() {
        let mut tally = Tally::new(None);
        for day in 0..400_i64 {
            tally.count("a", day * 86_400_000, 10).unwrap();
        }
        let report = tally.report();
        assert_eq!(report.bucket_seconds, 7 * 86_400);
        assert!(report.buckets.len() <= MAX_STEPS);
        assert_eq!(
            report.buckets.iter().map(|bucket| bucket.events).sum::<u64>(),
            400
        );
        assert_eq!((report.total.events, report.total.bytes), (400, 4000));
    }

    #[test]
    fn groups_and_steps_are_bounded() {
        let mut tally = Tally::new(None);
        for number in 0..2000 {
            tally.count(&number.to_string(), number, 1).unwrap();
        }
        // The years 9999 and -1.
        tally.count("x", 253_402_300_799_000, 1).unwrap();
        tally.count("x", -62_135_596_800_000, 1).unwrap();
        let report = tally.report();
        assert_eq!(report.groups.len(), MAX_GROUPS + 1);
        assert_eq!(
            (report.groups[0].key.as_str(), report.groups[0].events),
            (OTHERS, 1502)
        );
        assert!(report.buckets.len() <= MAX_STEPS);
    }

    #[test]
    fn a_fixed_width_is_kept() {
        let mut tally = Tally::new(Some(Duration::from_secs(60)));
        for second in [0, 59, 60, 200] {
            tally.count("a", second * 1000, 1).unwrap();
        }
        let counts: Vec<_> = tally
            .report()
            .buckets
            .iter()
            .map(|bucket| bucket.events)
            .collect();
        assert_eq!(counts, [2, 1, 0, 1]);
    }
}
