//! What follows from reports and decisions: reports are counted, may hold a text, and are resolved by a decision.
//!
//! Each step is recorded in the write that it follows from, so that [`Commands::complete_interrupted`] completes it
//! later if it was interrupted.

use std::time::Duration;

use common::event::{AggregateState, ReportStatus, Target, Timestamp};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use runtime::store::{Aggregate, AggregateStore, Cause, Change, StoreError, Stored};
use tokio_util::sync::CancellationToken;

use super::{ActiveRules, Commands};
use crate::{
    SERVICE,
    domain::{case, report},
    store::{OpenReport, ReportSummary, ReportWithNote, Resolution},
};

/// How many reports of one target are resolved at a time.
const PAGE: i64 = 100;
/// How many reports of a page are resolved concurrently.
const CONCURRENCY: usize = 8;
/// The maximum number of attempts to count reports while others are filed.
const COUNT_ATTEMPTS: u32 = 16;
/// The maximum number of reporters in a summary; the count continues.
const MAX_REPORTERS: usize = 200;
/// The maximum number of reports in a summary.
const SHOWN: usize = 3;
/// How often interrupted steps are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// Reports that are younger than this are still being handled by their request.
const SWEEP_AGE: Duration = Duration::from_secs(5);

type FactOf<A> = <<A as Aggregate>::Public as AggregateState>::Fact;

impl Commands {
    /// Counts the open reports of `target`, stores the summary, and returns their number.
    async fn count_reports(&self, target: Target) -> Result<u64, StoreError> {
        let mut open = 0;
        for _ in 0..COUNT_ATTEMPTS {
            let first = self.reports.open(target, MAX_REPORTERS as i64).await?;
            open = first.len() as u64;
            if first.len() == MAX_REPORTERS {
                open = self.reports.count_open(target).await?;
            }
            self.cases
                .set_report_summary(target, summarise(&first, open).as_ref())
                .await?;
            // Of two concurrent counts the slower one may have counted first, so the last writer checks the count.
            if self.reports.count_open(target).await? == open {
                break;
            }
        }
        Ok(open)
    }

    /// Counts the reports of `target` after one was filed, and holds the text if there are enough.
    pub(super) async fn apply_reports(&self, target: Target, cause: &Cause) -> Result<(), StoreError> {
        let (rules, open) = tokio::try_join!(self.active_rules.get(), self.count_reports(target))?;
        if rules.hold_for(open) {
            let by_service = Cause {
                actor: format!("service:{SERVICE}"),
                ..cause.clone()
            };
            self.hold(target, &rules, &by_service).await?;
        }
        // As in judging: either this sees the tombstone, or the deletion sees the report.
        if self.tombstones.contains(target).await? {
            self.remove_deleted(target, cause).await?;
        }
        Ok(())
    }

    pub(super) async fn hold(
        &self,
        target: Target,
        rules: &ActiveRules,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        let hold = |case: &_| case::hold(case, rules.revision(), Timestamp::now());
        update(self.cases.aggregates(), &target.id.to_string(), cause, hold).await
    }

    /// Removes the text of a deleted comment or post; its open reports lapse. Idempotent; an interrupted call is
    /// completed by the next.
    pub async fn remove_deleted(&self, target: Target, cause: &Cause) -> Result<(), StoreError> {
        self.tombstones.add(target).await?;
        self.cases.remove_content(target).await?;
        let lapsed = Resolution {
            status: ReportStatus::Lapsed,
            at: Timestamp::now(),
        };
        self.cases.begin_resolution(target, &lapsed).await?;
        self.resolve_reports(target, &lapsed, cause).await
    }

    /// Resolves the open reports of `target`; if there are very many, the rest in the background.
    pub(super) async fn resolve_reports(
        &self,
        target: Target,
        resolution: &Resolution,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        if !self.resolve_page(target, resolution, cause).await? {
            self.resolver.notify_one();
        }
        Ok(())
    }

    /// Resolves a page of reports and returns whether it was the last.
    async fn resolve_page(
        &self,
        target: Target,
        resolution: &Resolution,
        cause: &Cause,
    ) -> Result<bool, StoreError> {
        let page = self.reports.open_until(target, resolution.at, PAGE).await?;
        let is_last = (page.len() as i64) < PAGE;
        let resolve = |report: &_| report::resolve(report, resolution.status, resolution.at);
        let resolved = stream::iter(page)
            .map(|id| async move { update(self.reports.aggregates(), &id, cause, resolve).await });
        resolved
            .buffer_unordered(CONCURRENCY)
            .try_collect::<Vec<_>>()
            .await?;
        self.count_reports(target).await?;
        if is_last {
            self.cases.finish_resolution(target, resolution).await?;
        }
        Ok(is_last)
    }

    /// Completes what was interrupted: reports that are not counted, decisions whose reports are not resolved.
    pub async fn complete_interrupted(&self, age: Duration) -> Result<(), StoreError> {
        let cause = Cause::service(SERVICE, "resolution");
        for report in self.reports.uncounted(Timestamp::now().minus(age), PAGE).await? {
            self.apply_reports(report.state.target, &cause).await?;
            self.reports.mark_counted(&report.id).await?;
        }
        for (target, resolution) in self.cases.unresolved(PAGE).await? {
            while !self.resolve_page(target, &resolution, &cause).await? {}
        }
        Ok(())
    }

    /// Completes interrupted steps at the start, when a request leaves some, and every few seconds.
    pub async fn run_resolver(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.complete_interrupted(SWEEP_AGE).await {
                tracing::warn!(error = common::error::chain(&error), "reports are resolved later");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.resolver.notified() => {}
                () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            }
        }
    }
}

/// A summary of `open` reports, of which `first` are the first; `None` if there are none.
fn summarise(first: &[ReportWithNote], open: u64) -> Option<ReportSummary> {
    let shown = first.iter().take(SHOWN).map(|report| OpenReport {
        reporter_id: report.state.reporter_id,
        reason: report.state.reason,
        filed_at: report.state.filed_at,
        note: None,
    });
    Some(ReportSummary {
        open,
        since: first.first()?.state.filed_at,
        reporters: first.iter().map(|report| report.state.reporter_id).collect(),
        first: shown.collect(),
    })
}

/// Applies a decision that the domain never refuses; nothing happens to what does not exist.
async fn update<A: Aggregate>(
    store: &AggregateStore<A>,
    id: &str,
    cause: &Cause,
    decide: impl Fn(&A) -> Option<(A, FactOf<A>)>,
) -> Result<(), StoreError> {
    let decide = |prior: Option<&Stored<A>>| {
        let decision = prior.and_then(|prior| decide(&prior.state));
        Ok(decision.map(|(state, fact)| Change::new(state, fact)))
    };
    store.create_or_update(id, cause, decide).await.map(drop)
}
