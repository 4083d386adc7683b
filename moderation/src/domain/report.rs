//! A report: one person tells that one comment or post should be looked at.

use common::{
    api::moderation::ReportReason,
    event::{ReportFact, ReportState, ReportStatus, Target, Timestamp},
    ids::UserId,
};
use serde::{Deserialize, Serialize};

use super::Case;

/// One person's report of one comment or post. Their own words stand beside it, for moderators alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub target: Target,
    /// Which text they saw.
    pub revision: u64,
    pub reporter_id: UserId,
    pub reason: ReportReason,
    pub status: ReportStatus,
    pub filed_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Nothing that this person may know of.
    #[error("there is nothing to report")]
    UnknownTarget,
    /// It was deleted.
    #[error("it is gone")]
    Gone,
    /// The reporter wrote it.
    #[error("it is the reporter's own")]
    OwnContent,
    /// This person reported it before, in other words.
    #[error("it was reported before")]
    AlreadyReported,
}

/// A report as it is to be, and what happened.
pub type Change = (Report, ReportFact);

/// Files a report of what `case` is about, which `author_id` wrote.
///
/// # Errors
/// If they wrote it themselves, or cannot have seen it.
pub fn file(
    case: &Case,
    author_id: Option<UserId>,
    reporter_id: UserId,
    reason: ReportReason,
    now: Timestamp,
) -> Result<Change, ReportError> {
    if author_id == Some(reporter_id) {
        return Err(ReportError::OwnContent);
    }
    if !case.was_public() {
        return Err(ReportError::UnknownTarget);
    }
    let report = Report {
        target: case.target,
        revision: case.decision.revision,
        reporter_id,
        reason,
        status: ReportStatus::Open,
        filed_at: now,
        resolved_at: None,
    };
    Ok((report, ReportFact::Filed))
}

/// What becomes of `prior` when the same person files `next`: it is filed anew if it was settled and the text is
/// another one by now; `None` if it was just that.
///
/// # Errors
/// If they say something else of the same text.
pub fn file_again(prior: &Report, next: &Report, is_same: bool) -> Result<Option<Change>, ReportError> {
    if prior.status != ReportStatus::Open && next.revision > prior.revision {
        return Ok(Some((next.clone(), ReportFact::Filed)));
    }
    if is_same {
        Ok(None)
    } else {
        Err(ReportError::AlreadyReported)
    }
}

/// Settles an open report; `None` if it is not open, or was filed after what settles it.
pub fn settle(report: &Report, status: ReportStatus, decided_at: Timestamp) -> Option<Change> {
    if report.status != ReportStatus::Open || report.filed_at > decided_at {
        return None;
    }
    let settled = Report {
        status,
        resolved_at: Some(decided_at),
        ..report.clone()
    };
    Some((settled, ReportFact::Resolved))
}

impl Report {
    /// Its id: one for each person and thing.
    pub fn id(&self) -> String {
        format!("{}:{}", self.target.id, self.reporter_id)
    }

    /// What its events carry.
    pub fn to_public(&self) -> ReportState {
        ReportState {
            target: self.target,
            revision: self.revision,
            reporter_id: self.reporter_id,
            reason: self.reason.as_str().to_owned(),
            status: self.status,
            filed_at: self.filed_at,
            resolved_at: self.resolved_at,
        }
    }
}

#[cfg(test)]
mod tests;
