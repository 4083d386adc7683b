//! Waiting until versions of aggregates can be read.
//!
//! A waiter is woken by notifications and never polls: it looks into the database once after it has registered and
//! once at the deadline, however long it waits.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::{http::ClientAddr, store::MAX_OUTBOX_ENTRIES};

/// How many requests may wait at the same time. Requests beyond look once and do not wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of one client address ([`ClientAddr::limit_key`]). `web` forwards the address of its visitors, and many visitors
    /// may share one address.
    pub per_client: usize,
    /// Of all clients together.
    pub total: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_client: 256,
            total: 1024,
        }
    }
}

/// What a look-up found out about one wanted version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It can be read.
    Reached,
    /// It cannot be read yet.
    Behind,
    /// It will never be readable ([`can_still_arrive`]); nothing waits for it.
    Unreachable,
}

/// The result of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every wanted version can be read.
    Reached,
    /// Some cannot: the time is over, a version is unreachable, or too many requests wait already.
    Stale,
}

/// Whether version `wanted` of an aggregate can still arrive where `current` can be read (0: nothing yet).
///
/// `caught_up` says that every event of the log has been applied. Then only the owner's outbox can contain more versions,
/// and its length is bounded.
pub fn can_still_arrive(wanted: u64, current: u64, caught_up: bool) -> bool {
    !caught_up || wanted <= current.saturating_add(MAX_OUTBOX_ENTRIES as u64)
}

/// The requests of one process that wait for versions of aggregates, by key; cheap to clone.
///
/// Whatever makes a version readable calls [`notify`](Self::notify) afterwards.
#[derive(Debug)]
pub struct Waiters<K>(Arc<Shared<K>>);

impl<K> Clone for Waiters<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Shared<K> {
    limits: Limits,
    table: Mutex<Table<K>>,
}

#[derive(Debug)]
struct Table<K> {
    next_id: u64,
    waits: HashMap<u64, Wait<K>>,
    by_key: HashMap<K, Vec<u64>>,
    by_client: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Wait<K> {
    pending: Vec<(K, u64)>,
    wake: Arc<Notify>,
}

impl<K: Clone + Eq + Hash> Waiters<K> {
    /// A table without waiters.
    pub fn new(limits: Limits) -> Self {
        metrics::describe_counter!(
            "version_waits_total",
            "Requests that waited for a version, by outcome"
        );
        Self(Arc::new(Shared {
            limits,
            table: Mutex::new(Table {
                next_id: 0,
                waits: HashMap::new(),
                by_key: HashMap::new(),
                by_client: HashMap::new(),
            }),
        }))
    }

    /// Wakes the requests that wait for at most `version` of `key`, which can be read now.
    pub fn notify(&self, key: &K, version: u64) {
        let mut table = self.0.table();
        let Table { waits, by_key, .. } = &mut *table;
        for id in by_key.get(key).into_iter().flatten() {
            if let Some(wait) = waits.get_mut(id) {
                wait.pending
                    .retain(|(other, wanted)| other != key || *wanted > version);
                if wait.pending.is_empty() {
                    wait.wake.notify_one();
                }
            }
        }
    }

    /// Makes every waiting request look into the database again, because notifications may have been lost.
    pub fn notify_lost(&self) {
        for wait in self.0.table().waits.values() {
            wait.wake.notify_one();
        }
    }

    /// Waits until every version of `wanted` can be read, for at most `timeout`.
    ///
    /// `look_up` reads from the database how far each of the given versions is, in the same order; it is called once or
    /// twice, and once more for each [`notify_lost`](Self::notify_lost).
    ///
    /// # Errors
    /// The error of `look_up`.
    pub async fn wait<E, F>(
        &self,
        client: ClientAddr,
        wanted: Vec<(K, u64)>,
        timeout: Duration,
        look_up: impl Fn(Vec<(K, u64)>) -> F,
    ) -> Result<Outcome, E>
    where
        F: Future<Output = Result<Vec<Progress>, E>>,
    {
        if wanted.is_empty() {
            return Ok(Outcome::Reached);
        }
        let deadline = Instant::now() + timeout;
        // Registered before the first look, so that nothing arrives unnoticed between a look and the wait after it.
        let Some(registration) = self.0.register(client.limit_key(), &wanted) else {
            let progress = look_up(wanted).await?;
            let reached = progress.iter().all(|progress| *progress == Progress::Reached);
            return Ok(outcome(reached, "rejected"));
        };
        let mut unreachable = false;
        let mut time_is_over = false;
        loop {
            let pending = registration.pending();
            if !pending.is_empty() {
                let progress = look_up(pending.clone()).await?;
                unreachable |= registration.record(&pending, &progress);
            }
            if registration.is_done() {
                return Ok(outcome(!unreachable, "unreachable"));
            }
            if time_is_over {
                return Ok(outcome(false, "timed_out"));
            }
            time_is_over = tokio::select! {
                () = registration.wake.notified() => false,
                () = sleep_until(deadline) => true,
            };
        }
    }
}

fn outcome(reached: bool, otherwise: &'static str) -> Outcome {
    let label = if reached { "reached" } else { otherwise };
    metrics::counter!("version_waits_total", "outcome" => label).increment(1);
    if reached { Outcome::Reached } else { Outcome::Stale }
}

impl<K> Shared<K> {
    fn table(&self) -> MutexGuard<'_, Table<K>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> Shared<K> {
    /// `None` if too many requests wait.
    fn register(self: &Arc<Self>, client: IpAddr, wanted: &[(K, u64)]) -> Option<Registration<K>> {
        let mut table = self.table();
        let of_client = table.by_client.get(&client).copied().unwrap_or(0);
        if of_client >= self.limits.per_client || table.waits.len() >= self.limits.total {
            return None;
        }
        table.by_client.insert(client, of_client + 1);
        let id = table.next_id;
        table.next_id += 1;
        for (key, _) in wanted {
            table.by_key.entry(key.clone()).or_default().push(id);
        }
        let wake = Arc::new(Notify::new());
        let wait = Wait {
            pending: wanted.to_vec(),
            wake: Arc::clone(&wake),
        };
        table.waits.insert(id, wait);
        Some(Registration {
            shared: Arc::clone(self),
            id,
            client,
            keys: wanted.iter().map(|(key, _)| key.clone()).collect(),
            wake,
        })
    }
}

/// One waiting request; dropping it removes the request from the table.
struct Registration<K: Clone + Eq + Hash> {
    shared: Arc<Shared<K>>,
    id: u64,
    client: IpAddr,
    keys: Vec<K>,
    wake: Arc<Notify>,
}

impl<K: Clone + Eq + Hash> Registration<K> {
    fn pending(&self) -> Vec<(K, u64)> {
        self.shared
            .table()
            .waits
            .get(&self.id)
            .map(|wait| wait.pending.clone())
            .unwrap_or_default()
    }

    /// Removes what no longer has to be waited for; returns whether some of it is unreachable.
    fn record(&self, looked_up: &[(K, u64)], progress: &[Progress]) -> bool {
        let is_behind = |wanted: &(K, u64)| {
            let found = looked_up.iter().zip(progress).find(|(other, _)| *other == wanted);
            found.is_none_or(|(_, progress)| *progress == Progress::Behind)
        };
        if let Some(wait) = self.shared.table().waits.get_mut(&self.id) {
            wait.pending.retain(is_behind);
        }
        progress.contains(&Progress::Unreachable)
    }

    fn is_done(&self) -> bool {
        self.pending().is_empty()
    }
}

impl<K: Clone + Eq + Hash> Drop for Registration<K> {
    fn drop(&mut self) {
        let mut table = self.shared.table();
        table.waits.remove(&self.id);
        for key in &self.keys {
            if let Some(ids) = table.by_key.get_mut(key) {
                ids.retain(|id| *id != self.id);
                if ids.is_empty() {
                    table.by_key.remove(key);
                }
            }
        }
        if let Some(count) = table.by_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                table.by_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests;
