//! One pass of the sweep over all outboxes, in steps of bounded size.

use std::{time::Duration, vec};

use futures::TryStreamExt as _;
use mongodb::Cursor;

use crate::store::{
    StoreError,
    outbox::{AggregateKey, Listed, Outboxes, in_background},
};

/// The most aggregates of one step.
pub(super) const MAX_STEP: usize = 128;

/// A pass: it sees each aggregate with waiting events once, so each gets its turn however long the backlog is.
#[derive(Debug)]
pub(super) struct Pass {
    age: Duration,
    collections: vec::IntoIter<&'static str>,
    open: Option<(&'static str, Cursor<Listed>)>,
    /// Was listed, and did not fit into the step before.
    left: Option<(AggregateKey, Listed)>,
    /// Waiting events seen so far.
    pub(super) events: u64,
}

/// Aggregates of one collection whose outboxes are to be read together.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) collection: &'static str,
    pub(super) ids: Vec<String>,
}

impl Pass {
    /// Over the events that have waited for `age` or longer.
    pub(super) fn new(outboxes: &Outboxes, age: Duration) -> Self {
        Self {
            age,
            collections: outboxes.collections.clone().into_iter(),
            open: None,
            left: None,
            events: 0,
        }
    }

    /// The next step: documents of at most `max_bytes` together, or a larger one alone, without those that `skip`.
    /// `None` at the end of the pass.
    pub(super) async fn next_step(
        &mut self,
        outboxes: &Outboxes,
        max_bytes: u64,
        skip: impl Fn(&AggregateKey) -> bool,
    ) -> Result<Option<Step>, StoreError> {
        let mut step: Option<Step> = None;
        let mut bytes = 0;
        loop {
            let listed = match self.left.take() {
                Some(left) => Some(left),
                None => self.advance(outboxes).await?,
            };
            let Some((key, listed)) = listed else {
                return Ok(step);
            };
            let fits = step.as_ref().is_none_or(|step| {
                step.collection == key.collection
                    && step.ids.len() < MAX_STEP
                    && bytes + listed.bytes <= max_bytes
            });
            if !fits {
                self.left = Some((key, listed));
                return Ok(step);
            }
            self.events += listed.events;
            if skip(&key) {
                continue;
            }
            bytes += listed.bytes;
            let step = step.get_or_insert_with(|| Step {
                collection: key.collection,
                ids: Vec::new(),
            });
            step.ids.push(listed.id);
        }
    }

    async fn advance(&mut self, outboxes: &Outboxes) -> Result<Option<(AggregateKey, Listed)>, StoreError> {
        loop {
            if let Some((collection, cursor)) = &mut self.open {
                if let Some(listed) = in_background(async { Ok(cursor.try_next().await?) }).await? {
                    let id = listed.id.clone();
                    return Ok(Some((AggregateKey { collection, id }, listed)));
                }
                self.open = None;
            }
            let Some(collection) = self.collections.next() else {
                return Ok(None);
            };
            self.open = Some((collection, outboxes.list(collection, self.age).await?));
        }
    }
}
