//! Moderators read the queue and decide.

use common::event::{ReportStatus, Target, Timestamp};
use mongodb::bson::{doc, serialize_to_bson};
use runtime::store::{Cause, Change, CommandError, StoreError, Stored};

use super::Commands;
use crate::{
    domain::{
        Case, CaseError, ModeratorDecision, case,
        report::{self, Resolution},
    },
    store::{CaseRecord, QueueQuery, ReportWithNote},
};

/// The maximum number of reports of a case.
const MAX_REPORTS: i64 = 100;

/// A case with its reports.
#[derive(Debug, Clone)]
pub struct CaseDetails {
    pub record: CaseRecord,
    pub reports: Vec<ReportWithNote>,
}

impl Commands {
    /// A page of the queue: two queries, whatever its length.
    pub async fn queue(&self, query: &QueueQuery) -> Result<Vec<CaseRecord>, StoreError> {
        let mut records = self.cases.queue(query).await?;
        let reports = records.iter().flat_map(|record| {
            let first = record.reports.iter().flat_map(|reports| &reports.first);
            first.map(|report| report::id(record.case.target, report.reporter_id))
        });
        let mut notes = self.reports.notes_of(reports.collect()).await?;
        for record in &mut records {
            let target = record.case.target;
            for report in record.reports.iter_mut().flat_map(|reports| &mut reports.first) {
                report.note = notes.remove(&report::id(target, report.reporter_id));
            }
        }
        Ok(records)
    }

    /// A comment or post with its decisions and reports.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is unknown; [`CaseError::Deleted`] if it was deleted.
    pub async fn case(&self, target: Target) -> Result<CaseDetails, CommandError<CaseError>> {
        let (record, reports) =
            tokio::try_join!(self.cases.record(target), self.reports.of(target, MAX_REPORTS))?;
        let record = reject_deleted(target, record)?;
        Ok(CaseDetails { record, reports })
    }

    /// Applies a moderator's decision, and resolves the open reports.
    ///
    /// # Errors
    /// If the target is unknown, was deleted, or has another text or version.
    pub async fn decide(
        &self,
        target: Target,
        decision: &ModeratorDecision,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Result<CaseDetails, CommandError<CaseError>> {
        reject_deleted(target, self.cases.record(target).await?)?;
        let mut resolution = Resolution {
            status: match decision.rejected_for {
                Some(_) => ReportStatus::Upheld,
                None => ReportStatus::Dismissed,
            },
            decisions: 0,
            at: Timestamp::now(),
        };
        let status = serialize_to_bson(&resolution.status).map_err(StoreError::from)?;
        let mut is_changed = false;
        let decide = |prior: &Stored<Case>| {
            let change = case::decide(&prior.state, decision, resolution.at)?;
            is_changed = change.is_some();
            resolution.decisions = prior.version;
            let until = i64::try_from(prior.version).unwrap_or(i64::MAX);
            let settle = doc! { "status": &status, "decisions": until, "at": resolution.at.to_string() };
            let resolve = doc! { "$set": { "settle": settle } };
            Ok(change.map(|(case, fact)| Change::new(case, fact).with_private(resolve)))
        };
        let id = target.id.to_string();
        self.cases
            .aggregates()
            .update(&id, if_match, cause, decide)
            .await?;
        if !is_changed {
            // A moderator has made the same decision before; later reports are resolved nevertheless.
            self.cases.begin_resolution(target, &resolution).await?;
        }
        self.resolve_reports(target, &resolution, cause).await?;
        self.case(target).await
    }
}

fn reject_deleted(target: Target, record: Option<CaseRecord>) -> Result<CaseRecord, CommandError<CaseError>> {
    let record = record.ok_or_else(|| StoreError::NotFound {
        kind: target.kind.as_str(),
        id: target.id.to_string(),
    })?;
    if record.text.is_none() {
        return Err(CommandError::Domain(CaseError::Deleted));
    }
    Ok(record)
}
