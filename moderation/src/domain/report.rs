//! A report: a user asks moderators to review a comment or post.

use common::{
    api::moderation::ReportReason,
    event::{ReportFact, ReportState, ReportStatus, Target, Timestamp},
    ids::UserId,
};
use serde::{Deserialize, Serialize};

use super::Case;

/// A user's report of a comment or post. The reporter's note is stored beside it, for moderators only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub target: Target,
    /// The revision of the reported text.
    pub revision: u64,
    pub reporter_id: UserId,
    pub reason: ReportReason,
    pub status: ReportStatus,
    /// The number of decisions about the target when it was filed. Decides which decisions resolve it: the clocks of two
    /// replicas differ.
    #[serde(default)]
    pub decisions: u64,
    pub filed_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
}

/// Why a report is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// There is nothing with this id that the user could have seen.
    #[error("there is no such comment or post")]
    UnknownTarget,
    #[error("the comment or post was deleted")]
    Deleted,
    #[error("the comment or post is the reporter's own")]
    OwnContent,
    /// The user has reported it with another reason or note.
    #[error("the user has already reported it")]
    AlreadyReported,
}

/// The new state of a report, and the fact.
pub type Change = (Report, ReportFact);

/// Files a report of the comment or post of `case` at `version`, whose author is `author_id`.
///
/// # Errors
/// If the reporter is the author, or cannot have seen it.
pub fn file(
    (case, version): (&Case, u64),
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
        decisions: version,
        filed_at: now,
        resolved_at: None,
    };
    Ok((report, ReportFact::Filed))
}

/// Files `next` in place of the user's earlier report `prior`, if that is resolved and the text has changed since;
/// `None` if it is the same report (`is_same`).
///
/// # Errors
/// If it is another report of the same text.
pub fn refile(prior: &Report, next: &Report, is_same: bool) -> Result<Option<Change>, ReportError> {
    if prior.status != ReportStatus::Open && next.revision > prior.revision {
        return Ok(Some((next.clone(), ReportFact::Filed)));
    }
    if is_same {
        Ok(None)
    } else {
        Err(ReportError::AlreadyReported)
    }
}

/// How open reports are resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    pub status: ReportStatus,
    /// Reports that were filed after more decisions stay open.
    #[serde(default = "Resolution::all")]
    pub decisions: u64,
    pub at: Timestamp,
}

impl Resolution {
    /// More decisions than there can be, within the integers of MongoDB.
    pub fn all() -> u64 {
        i64::MAX.unsigned_abs()
    }
}

/// Resolves an open report; `None` if it is not open, or was filed after the decision.
pub fn resolve(report: &Report, resolution: &Resolution) -> Option<Change> {
    if report.status != ReportStatus::Open || report.decisions > resolution.decisions {
        return None;
    }
    let resolved = Report {
        status: resolution.status,
        resolved_at: Some(resolution.at),
        ..report.clone()
    };
    Some((resolved, ReportFact::Resolved))
}

/// The id of a report: one for each user and target.
pub fn id(target: Target, reporter: UserId) -> String {
    format!("{}:{reporter}", target.id)
}

impl Report {
    /// Its id.
    pub fn id(&self) -> String {
        id(self.target, self.reporter_id)
    }

    /// The state that its events carry.
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
