//! Consistency tokens: a read waits until the read model contains what the client has written.
//!
//! A token is satisfied when the document has its version; the related counters change in the same transaction. Satisfied
//! tokens are remembered: the cookie costs nothing from then on.

mod log_head;

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use common::{consistency::ConsistencyToken, event::AggregateKind};
use moka::future::Cache;
use runtime::{
    bus::Bus,
    consistency::{Outcome, Progress, can_still_arrive},
    http::ClientAddr,
    store::{StoreError, bounded},
};
use tokio::time::Instant;

use self::log_head::LogHead;
use crate::{
    changes::keys_of,
    hub::{Aggregate, Hub},
    store::{Generation, Outline, Store},
};

/// The longest wait.
pub const TIMEOUT: Duration = Duration::from_secs(2);
/// The number of aggregates whose satisfied tokens are remembered.
const REMEMBERED: u64 = 10_000;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct TokenWaiter {
    store: Store,
    hub: Hub,
    log_head: LogHead,
    satisfied: Cache<Aggregate, u64>,
}

impl TokenWaiter {
    pub fn new(store: &Store, bus: &Bus, hub: &Hub) -> Self {
        Self {
            store: store.clone(),
            hub: hub.clone(),
            log_head: LogHead::new(bus),
            satisfied: Cache::new(REMEMBERED),
        }
    }

    /// Waits until the read model satisfies `tokens`, for at most [`TIMEOUT`]. Tokens of aggregates that are not in the
    /// read model are ignored.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn wait(&self, client: ClientAddr, tokens: &[ConsistencyToken]) -> Result<Outcome, StoreError> {
        let mut wanted = Vec::new();
        for token in tokens.iter().filter(|token| is_in_model(token.kind)) {
            let aggregate = (token.kind, token.id.clone());
            let satisfied = self.satisfied.get(&aggregate).await;
            if satisfied.is_none_or(|version| version < token.version) {
                wanted.push((aggregate, token.version));
            }
        }
        if wanted.is_empty() {
            return Ok(Outcome::Reached);
        }
        let started = Instant::now();
        let look_up = |wanted| bounded(self.look_up(wanted));
        let outcome = self
            .hub
            .waiters()
            .wait(client, wanted.clone(), TIMEOUT, look_up)
            .await?;
        if outcome == Outcome::Stale {
            metrics::counter!("query_stale_responses_total").increment(1);
            return Ok(outcome);
        }
        metrics::histogram!("query_token_wait_seconds").record(started.elapsed());
        for (aggregate, version) in wanted {
            self.satisfied.insert(aggregate, version).await;
        }
        Ok(outcome)
    }

    /// How far the read model is with each of `wanted`; one query for each kind.
    async fn look_up(&self, wanted: Vec<(Aggregate, u64)>) -> Result<Vec<Progress>, StoreError> {
        let live = self.store.live().await?;
        let mut ids_by_kind: BTreeMap<AggregateKind, Vec<&str>> = BTreeMap::new();
        for ((kind, id), _) in &wanted {
            ids_by_kind.entry(*kind).or_default().push(id);
        }
        let mut shown = HashMap::new();
        for (kind, ids) in ids_by_kind {
            let found = live.outlines(kind, ids).await?.into_iter();
            shown.extend(found.map(|shown| ((kind, shown.id.clone()), shown)));
        }
        let mut progress = Vec::with_capacity(wanted.len());
        for (aggregate, version) in &wanted {
            let shown = shown.get(aggregate);
            progress.push(self.progress(&live, aggregate.0, *version, shown).await?);
        }
        Ok(progress)
    }

    async fn progress(
        &self,
        live: &Generation,
        kind: AggregateKind,
        wanted: u64,
        shown: Option<&Outline>,
    ) -> Result<Progress, StoreError> {
        let current = shown.map_or(0, |shown| u64::try_from(shown.v).unwrap_or_default());
        if let Some(shown) = shown
            && wanted <= current
        {
            if !self.hub.has_published(live.number, shown.batch) {
                // The change note is on its way, and this client must not get an older response from the cache.
                self.hub.invalidate(&keys_of(kind, shown, true));
            }
            return Ok(Progress::Reached);
        }
        // The end of the log is read only for a version that it hardly contains.
        let is_plausible = can_still_arrive(wanted, current, true);
        if is_plausible || can_still_arrive(wanted, current, self.is_caught_up(live).await?) {
            return Ok(Progress::Behind);
        }
        Ok(Progress::Unreachable)
    }

    /// Whether the projection has applied the whole log.
    async fn is_caught_up(&self, live: &Generation) -> Result<bool, StoreError> {
        let Some(head) = self.log_head.get().await else {
            return Ok(false);
        };
        let progress = self.store.meta.progress(live.number).await?;
        Ok(progress.is_some_and(|progress| {
            let applied = progress.checkpoint();
            applied.log_created == head.log_created && applied.sequence >= head.sequence
        }))
    }
}

fn is_in_model(kind: AggregateKind) -> bool {
    match kind {
        AggregateKind::User
        | AggregateKind::Follow
        | AggregateKind::Post
        | AggregateKind::Reaction
        | AggregateKind::Comment => true,
        AggregateKind::Verdict
        | AggregateKind::Report
        | AggregateKind::Ruleset
        | AggregateKind::DeadLetter => false,
    }
}

#[cfg(test)]
mod tests;
