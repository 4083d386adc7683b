//! What follows for reports: they are counted, may have a text held, and are settled when it is decided.
//!
//! Each step is noted in the database with what it follows from, in the same write, so that one that was broken off
//! is done by [`Commands::settle_left_overs`] later.

use std::{convert::Infallible, sync::Arc, time::Duration};

use common::event::{ReportStatus, Target, Timestamp};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use runtime::store::{Cause, Change, CommandError, StoreError, Stored};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{ATTEMPTS, Commands, InForce};
use crate::{
    SERVICE,
    domain::{Case, Report, case, report},
    store::{OpenReport, OpenReports, Settlement, Words},
};

/// Reports of one thing that are settled at a time.
const PAGE: i64 = 100;
/// Of them at the same time.
const CONCURRENCY: usize = 8;
/// So many reporters of one thing are known by name in the queue; the count goes on.
const MAX_REPORTERS: usize = 200;
/// So many open reports are shown with an entry of the queue.
const SHOWN: usize = 3;
/// How often what was broken off is looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// What is younger is surely under way.
const SWEEP_AGE: Duration = Duration::from_secs(5);

/// Wakes the task that settles what a request left.
#[derive(Debug, Clone, Default)]
pub(super) struct Settler(Arc<Notify>);

impl Commands {
    /// Counts the open reports of `target` and stores the sum; answers how many there are.
    pub(super) async fn recount(&self, target: Target) -> Result<u64, StoreError> {
        let mut open = 0;
        for _ in 0..ATTEMPTS {
            let first = self.reports.open(target, MAX_REPORTERS as i64).await?;
            open = first.len() as u64;
            if first.len() == MAX_REPORTERS {
                open = self.reports.count_open(target).await?;
            }
            self.cases.sum_up(target, sum(&first, open).as_ref()).await?;
            // Of two that count at once the slower may have counted first; whoever writes last looks once more.
            if self.reports.count_open(target).await? == open {
                break;
            }
        }
        Ok(open)
    }

    /// Counts the reports of `target` after one was filed, and holds it if there are enough.
    pub(super) async fn weigh(&self, target: Target, cause: &Cause) -> Result<(), StoreError> {
        let (in_force, open) = tokio::try_join!(self.engine.in_force(), self.recount(target))?;
        if in_force.is_held_by(open) {
            let by_itself = Cause {
                actor: format!("service:{SERVICE}"),
                ..cause.clone()
            };
            self.hold(target, &in_force, &by_itself).await?;
        }
        // As in judging: either this sees that it is gone, or whoever noted that sees the report.
        if self.gone.contains(target).await? {
            self.forget(target, cause).await?;
        }
        Ok(())
    }

    pub(super) async fn hold(
        &self,
        target: Target,
        in_force: &InForce,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        let decide = |prior: &Stored<Case>| {
            let change = case::hold(&prior.state, in_force.revision(), Timestamp::now());
            Ok::<_, Infallible>(change.map(|(case, fact)| Change::new(case, fact)))
        };
        let id = target.id.to_string();
        store_error(self.cases.store().update(&id, None, cause, decide).await).map(drop)
    }

    /// Forgets the text of what was deleted; its open reports lapse. It may be broken off and done again.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget(&self, target: Target, cause: &Cause) -> Result<(), StoreError> {
        self.gone.add(target).await?;
        self.cases.forget(target).await?;
        let lapsed = Settlement {
            status: ReportStatus::Lapsed,
            at: Timestamp::now(),
        };
        self.cases.to_be_settled(target, &lapsed).await?;
        self.settle_some(target, &lapsed, cause).await
    }

    /// Settles the open reports of `target`; when there are very many, the rest in the background.
    pub(super) async fn settle_some(
        &self,
        target: Target,
        settlement: &Settlement,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        if !self.settle_page(target, settlement, cause).await? {
            self.settler.0.notify_one();
        }
        Ok(())
    }

    /// Settles some and answers whether all are.
    async fn settle_page(
        &self,
        target: Target,
        settlement: &Settlement,
        cause: &Cause,
    ) -> Result<bool, StoreError> {
        let page = self.reports.to_settle(target, settlement.at, PAGE).await?;
        let is_last = (page.len() as i64) < PAGE;
        let settled = stream::iter(page).map(|id| self.settle(id, settlement, cause));
        settled
            .buffer_unordered(CONCURRENCY)
            .try_collect::<Vec<_>>()
            .await?;
        self.recount(target).await?;
        if is_last {
            self.cases.settled(target, settlement).await?;
        }
        Ok(is_last)
    }

    async fn settle(&self, id: String, settlement: &Settlement, cause: &Cause) -> Result<(), StoreError> {
        let decide = |prior: &Stored<Report>| {
            let change = report::settle(&prior.state, settlement.status, settlement.at);
            Ok::<_, Infallible>(change.map(|(report, fact)| Change::new(report, fact)))
        };
        store_error(self.reports.store().update(&id, None, cause, decide).await).map(drop)
    }

    /// Does what was broken off: reports that nobody counted, decisions whose reports are not settled.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn settle_left_overs(&self, age: Duration) -> Result<(), StoreError> {
        let cause = Cause::service(SERVICE, "settling");
        for report in self.reports.uncounted(Timestamp::now().minus(age), PAGE).await? {
            self.weigh(report.state.target, &cause).await?;
            self.reports.counted(&report.id).await?;
        }
        for (target, settlement) in self.cases.unsettled(PAGE).await? {
            while !self.settle_page(target, &settlement, &cause).await? {}
        }
        Ok(())
    }

    /// Looks for left-overs at the start, when a request leaves some, and every few seconds.
    pub async fn keep_settling(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.settle_left_overs(SWEEP_AGE).await {
                tracing::warn!(error = common::error::chain(&error), "reports wait to be settled");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.settler.0.notified() => {}
                () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            }
        }
    }
}

/// `open` reports summed up, of which `first` are the first; `None` if there are none.
fn sum(first: &[Words], open: u64) -> Option<OpenReports> {
    let shown = first.iter().take(SHOWN).map(|report| OpenReport {
        reporter_id: report.state.reporter_id,
        reason: report.state.reason,
        filed_at: report.state.filed_at,
    });
    Some(OpenReports {
        open: i64::try_from(open).unwrap_or(i64::MAX),
        since: first.first()?.state.filed_at,
        reporters: first.iter().map(|report| report.state.reporter_id).collect(),
        first: shown.collect(),
    })
}

/// Of a decision that cannot be refused.
fn store_error<T>(result: Result<T, CommandError<Infallible>>) -> Result<T, StoreError> {
    result.map_err(|error| match error {
        CommandError::Store(error) => error,
        CommandError::Domain(never) => match never {},
    })
}
