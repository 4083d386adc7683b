//! The state of the screen: the last sample, rates between samples, and the order of the rows.

use std::{cmp::Ordering, collections::VecDeque};

use super::sample::Sample;
use crate::readers::Reader;

/// The number of rates kept for the plot.
const HISTORY: usize = 240;

/// The sort key of the rows.
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
            Self::Time => "lag in time",
            Self::Rate => "rate",
            Self::DeadLetters => "dead letters",
            Self::Name => "name",
        }
    }
}

/// The state of the screen.
#[derive(Debug)]
pub(super) struct State {
    pub(super) sample: Sample,
    pub(super) rows: Vec<Row>,
    /// Events per second added to the log, between each two samples.
    pub(super) rates: VecDeque<f64>,
    pub(super) sort: Sort,
    pub(super) reversed: bool,
    pub(super) paused: bool,
    /// Why there is no new sample.
    pub(super) error: Option<String>,
}

/// One reader's row.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) reader: Reader,
    /// Processed events per second.
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
            reversed: false,
            paused: false,
            error: None,
        };
        state.order();
        state
    }

    /// Applies a further sample, unless paused.
    pub(super) fn update(&mut self, sample: Sample) {
        self.error = None;
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

    /// Sorts by `sort`, or reverses the order if it is the current key.
    pub(super) fn sort_by(&mut self, sort: Sort) {
        self.reversed = self.sort == sort && !self.reversed;
        self.sort = sort;
        self.order();
    }

    fn order(&mut self) {
        let (sort, reversed) = (self.sort, self.reversed);
        // Unknown ranks above every number.
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
            if reversed { order.reverse() } else { order }
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

/// `None` if the count decreased, as that of a recreated log.
fn per_second(before: &Sample, now: &Sample, first: u64, last: u64) -> Option<f64> {
    let seconds = now.taken.saturating_duration_since(before.taken).as_secs_f64();
    let count = last.checked_sub(first)?;
    (seconds > 0.0).then(|| count as f64 / seconds)
}
