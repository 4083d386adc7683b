//! Consistency tokens: waits until the read model shows what a reader has written.
//!
//! A token is satisfied once the document has its version and the batch that brought it is complete, so that the
//! counts that go with it are right too. Satisfied tokens are remembered: a cookie costs nothing from then on.

use std::{collections::BTreeMap, time::Duration};

use common::{consistency::ConsistencyToken, event::AggregateKind};
use moka::future::Cache;
use runtime::store::{StoreError, bounded};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    live::Hub,
    notes::Key,
    store::{Generation, Shown, Store},
};

/// The longest wait.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How often the model is looked at while no note comes.
const LOOK: Duration = Duration::from_millis(50);
/// How many satisfied aggregates are remembered.
const REMEMBERED: u64 = 10_000;

/// How the model stands to what a reader has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It shows all of it.
    Fresh,
    /// It does not yet, and the reader has waited long enough.
    Stale,
}

/// Waits for tokens.
#[derive(Debug, Clone)]
pub struct Waiter {
    store: Store,
    hub: Hub,
    seen: Cache<(AggregateKind, String), u64>,
}

impl Waiter {
    pub fn new(store: &Store, hub: &Hub) -> Self {
        Self {
            store: store.clone(),
            hub: hub.clone(),
            seen: Cache::new(REMEMBERED),
        }
    }

    /// Waits until the model shows what `tokens` name, for at most two seconds.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn wait(&self, tokens: &[ConsistencyToken]) -> Result<Freshness, StoreError> {
        let mut missing = Vec::new();
        for token in tokens.iter().filter(|token| is_in_model(token.kind)) {
            let seen = self.seen.get(&(token.kind, token.id.clone())).await;
            if seen.is_none_or(|version| version < token.version) {
                missing.push(token);
            }
        }
        if missing.is_empty() {
            return Ok(Freshness::Fresh);
        }
        let started = Instant::now();
        let deadline = started + TIMEOUT;
        let mut heard = self.hub.heard();
        loop {
            heard.mark_unchanged();
            missing = bounded(self.still_missing(missing)).await?;
            if missing.is_empty() {
                metrics::histogram!("query_token_wait_seconds").record(started.elapsed());
                return Ok(Freshness::Fresh);
            }
            tokio::select! {
                biased;
                () = sleep_until(deadline) => {
                    metrics::counter!("query_stale_answers_total").increment(1);
                    return Ok(Freshness::Stale);
                }
                Ok(()) = heard.changed() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    /// Those of `tokens` that the model does not show yet; one query for each kind.
    async fn still_missing<'t>(
        &self,
        tokens: Vec<&'t ConsistencyToken>,
    ) -> Result<Vec<&'t ConsistencyToken>, StoreError> {
        let live = self.store.live().await?;
        let mut by_kind: BTreeMap<AggregateKind, Vec<&ConsistencyToken>> = BTreeMap::new();
        for token in tokens {
            by_kind.entry(token.kind).or_default().push(token);
        }
        let mut missing = Vec::new();
        for (kind, tokens) in by_kind {
            let ids = tokens.iter().map(|token| token.id.as_str()).collect();
            let shown = live.shown(kind, ids).await?;
            for token in tokens {
                match shown.iter().find(|shown| shown.id == token.id) {
                    Some(shown) if self.is_shown(&live, token, shown).await? => {}
                    _ => missing.push(token),
                }
            }
        }
        Ok(missing)
    }

    async fn is_shown(
        &self,
        live: &Generation,
        token: &ConsistencyToken,
        shown: &Shown,
    ) -> Result<bool, StoreError> {
        let version = u64::try_from(shown.v).unwrap_or_default();
        if version < token.version {
            return Ok(false);
        }
        if !self.hub.has_told(live.number, shown.batch) {
            // After the documents: a batch that is complete now was so when they were read, or they are newer.
            let progress = self.store.meta.progress(live.number).await?;
            if progress.is_none_or(|progress| progress.batches < shown.batch) {
                return Ok(false);
            }
            // The note is on its way; what is kept must not be older than what this reader may see.
            self.hub.found_changed(&keys_of(token.kind, shown));
        }
        self.seen.insert((token.kind, token.id.clone()), version).await;
        Ok(true)
    }
}

/// Whether the model shows such aggregates; nobody waits for what it will never show.
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

/// What may look different because of an aggregate.
fn keys_of(kind: AggregateKind, shown: &Shown) -> Vec<Key> {
    let post = shown.post_id;
    let user = |id: Option<_>| id.map(Key::User);
    match kind {
        AggregateKind::Post => {
            let post = shown.id.parse().ok().map(Key::Post);
            [post, user(shown.author_id), Some(Key::Posts), Some(Key::Tags)]
                .into_iter()
                .flatten()
                .collect()
        }
        AggregateKind::User => {
            let named = shown.username_key.clone().map(Key::Username);
            [user(shown.id.parse().ok()), named]
                .into_iter()
                .flatten()
                .collect()
        }
        AggregateKind::Comment => post
            .into_iter()
            .flat_map(|id| [Key::Comments(id), Key::Counts(id)])
            .collect(),
        AggregateKind::Reaction => post.into_iter().map(Key::Counts).collect(),
        AggregateKind::Follow => [user(shown.follower_id), user(shown.followee_id)]
            .into_iter()
            .flatten()
            .collect(),
        AggregateKind::Verdict
        | AggregateKind::Report
        | AggregateKind::Ruleset
        | AggregateKind::DeadLetter => Vec::new(),
    }
}
