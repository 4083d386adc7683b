//! What the screen shows: the last look, rates between looks, and the order of the rows.

use std::{cmp::Ordering, collections::VecDeque};

use super::sample::Sample;
use crate::readers::Reader;

/// Rates of the log that are kept for the plot.
const HISTORY: usize = 240;

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Lag,
    Time,
    Rate,
    DeadLetters,
    Name,
}

impl Sort {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Lag => "lag",
            Self::Time => "time behind",
            Self::Rate => "rate",
            Self::DeadLetters => "dead letters",
            Self::Name => "name",
        }
    }
}

/// The screen's contents.
#[derive(Debug)]
pub(super) struct State {
    pub(super) sample: Sample,
    pub(super) rows: Vec<Row>,
    /// Events that came to the log, in each second between two looks.
    pub(super) rates: VecDeque<f64>,
    pub(super) sort: Sort,
    pub(super) turned: bool,
    pub(super) paused: bool,
    /// Why there is nothing new.
    pub(super) trouble: Option<String>,
}

/// One reader's row.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) reader: Reader,
    /// Events done per second.
    pub(super) rate: Option<f64>,
    pub(super) dead_letters: u64,
}

impl State {
    pub(super) fn new(sample: Sample) -> Self {
        let mut state = Self {
            rows: rows(&sample, None),
            sample,
            rates: VecDeque::new(),
            sort: Sort::Lag,
            turned: false,
            paused: false,
            trouble: None,
        };
        state.order();
        state
    }

    /// Takes a further look, unless the picture is held.
    pub(super) fn see(&mut self, sample: Sample) {
        self.trouble = None;
        if self.paused {
            return;
        }
        let rate = per_second(&self.sample, &sample, self.sample.head, sample.head);
        self.rates.extend(rate);
        while self.rates.len() > HISTORY {
            self.rates.pop_front();
        }
        self.rows = rows(&sample, Some(&self.sample));
        self.sample = sample;
        self.order();
    }

    /// Sorts by `sort`; by the same as before: the other way around.
    pub(super) fn sort_by(&mut self, sort: Sort) {
        self.turned = self.sort == sort && !self.turned;
        self.sort = sort;
        self.order();
    }

    fn order(&mut self) {
        let (sort, turned) = (self.sort, self.turned);
        // What cannot be known is worse than any number.
        let unknown_first = |value: Option<f64>| value.unwrap_or(f64::INFINITY);
        let compare = |one: &Row, other: &Row| -> Ordering {
            let largest_first = |key: &dyn Fn(&Row) -> f64| key(other).total_cmp(&key(one));
            match sort {
                Sort::Lag => {
                    largest_first(&|row| unknown_first(row.reader.lag_events.map(|events| events as f64)))
                }
                Sort::Time => largest_first(&|row| unknown_first(row.reader.lag_seconds)),
                Sort::Rate => largest_first(&|row| row.rate.unwrap_or(0.0)),
                Sort::DeadLetters => largest_first(&|row| row.dead_letters as f64),
                Sort::Name => one.reader.name.cmp(&other.reader.name),
            }
        };
        self.rows.sort_by(|one, other| {
            let order = compare(one, other).then_with(|| one.reader.name.cmp(&other.reader.name));
            if turned { order.reverse() } else { order }
        });
    }
}

fn rows(sample: &Sample, before: Option<&Sample>) -> Vec<Row> {
    let row = |reader: &Reader| {
        let same = |other: &&Reader| other.name == reader.name && other.kind == reader.kind;
        let rate = before.and_then(|before| {
            let last = before.readers.iter().find(same)?;
            per_second(before, sample, last.done, reader.done)
        });
        Row {
            rate,
            dead_letters: sample.dead_letters.get(&reader.name).copied().unwrap_or(0),
            reader: reader.clone(),
        }
    };
    sample.readers.iter().map(row).collect()
}

/// `None` if the count went back, as that of a log made anew.
fn per_second(before: &Sample, now: &Sample, first: u64, last: u64) -> Option<f64> {
    let seconds = now.taken.saturating_duration_since(before.taken).as_secs_f64();
    let count = last.checked_sub(first)?;
    (seconds > 0.0).then(|| count as f64 / seconds)
}
