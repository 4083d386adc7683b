//! What follows from reports and decisions: reports are counted, may hold a text, and are resolved by a decision.
//!
//! Each step is recorded in the write that it follows from, so that [`Commands::complete_interrupted`] completes it
//! later if it was interrupted.

use std::time::Duration;

use common::event::{ReportStatus, Target, Timestamp};
use futures::{StreamExt as _, stream};
use runtime::{
    service::handle_all,
    store::{Cause, Change, StoreError},
};
use tokio_util::sync::CancellationToken;

use super::{ActiveRules, Commands};
use crate::{
    NAME,
    domain::{
        case,
        report::{self, Resolution},
    },
    store::{OpenReport, ReportSummary, ReportWithNote},
};

/// How many reports of one target are resolved at a time.
pub(super) const PAGE: i64 = 100;
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

impl Commands {
    /// Counts the open reports of `target`, stores the summary, and returns their number.
    pub(super) async fn count_reports(&self, target: Target) -> Result<u64, StoreError> {
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
                actor: format!("service:{NAME}"),
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
        let hold = |case: &_| {
            let held = case::hold(case, rules.revision(), Timestamp::now());
            held.map(|(state, fact)| Change::new(state, fact))
        };
        let cases = self.cases.aggregates();
        cases.update_existing(&target.id.to_string(), cause, hold).await
    }

    /// Removes the text of a deleted comment or post; its open reports lapse. Idempotent; an interrupted call is
    /// completed by the next.
    pub async fn remove_deleted(&self, target: Target, cause: &Cause) -> Result<(), StoreError> {
        self.tombstones.add(target).await?;
        self.cases.remove_content(target).await?;
        let lapsed = Resolution {
            status: ReportStatus::Lapsed,
            decisions: Resolution::all(),
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
        let page = self.reports.open_at(target, resolution.decisions, PAGE).await?;
        let is_last = (page.len() as i64) < PAGE;
        let resolve = |report: &_| {
            let resolved = report::resolve(report, resolution);
            resolved.map(|(state, fact)| Change::new(state, fact))
        };
        let reports = self.reports.aggregates();
        let resolved = stream::iter(page)
            .map(|id| async move { reports.update_existing(&id, cause, resolve).await })
            .buffer_unordered(CONCURRENCY);
        let results: Vec<_> = resolved.collect().await;
        self.count_reports(target).await?;
        // One that fails holds up no others, and is retried with the whole resolution.
        results.into_iter().collect::<Result<Vec<_>, _>>()?;
        if is_last {
            self.cases.finish_resolution(target, resolution).await?;
        }
        Ok(is_last)
    }

    /// Completes what was interrupted: reports that are not counted, decisions whose reports are not resolved.
    ///
    /// # Errors
    /// The first one; the other reports and decisions are completed nevertheless.
    pub async fn complete_interrupted(&self, age: Duration) -> Result<(), StoreError> {
        let cause = Cause::service(NAME, "resolution");
        let (before, cause) = (Timestamp::now().minus(age), &cause);
        let uncounted = |failed: Vec<(String, Target)>| async move {
            let failed = failed.into_iter().map(|(id, _)| id).collect();
            self.reports.uncounted(before, failed, PAGE).await
        };
        let counted = handle_all(uncounted, |(id, target)| async move {
            self.apply_reports(target, cause).await?;
            self.reports.mark_counted(&id).await
        });
        let counted = counted.await;
        let unresolved = |failed: Vec<(Target, Resolution)>| async move {
            let failed = failed.into_iter().map(|(target, _)| target).collect();
            self.cases.unresolved(failed, PAGE).await
        };
        let resolved = handle_all(unresolved, |(target, resolution)| async move {
            while !self.resolve_page(target, &resolution, cause).await? {}
            Ok(())
        });
        resolved.await?;
        counted
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
