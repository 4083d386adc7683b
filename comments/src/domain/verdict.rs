//! What a verdict on one text of a comment changes.
//!
//! A verdict names a revision, so that a late one cannot approve a text that it is not about. It has a version, so
//! that of two verdicts on the same revision the newer one applies, in whatever order they arrive.

use common::event::{ApprovedText, CommentFact, CommentStatus, Outcome, VerdictState};

use super::{Comment, Decision, comment::AppliedVerdict};

/// The decision about one text of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The number of decisions about the comment, whichever text they are about.
    pub version: u64,
    /// The text.
    pub revision: u32,
    pub outcome: Outcome,
    /// The reason, as a code.
    pub reason: Option<String>,
    /// A note to the author.
    pub note: Option<String>,
}

impl Verdict {
    /// The verdict `state` at `version`; `None` if no comment can have such a revision.
    pub fn new(state: &VerdictState, version: u64) -> Option<Self> {
        Some(Self {
            version,
            revision: u32::try_from(state.revision).ok()?,
            outcome: state.outcome,
            reason: state.reason.clone(),
            note: state.note.clone(),
        })
    }
}

/// Applies `verdict`; `None` if it is about a text that is neither the latest nor public, a newer verdict was applied,
/// or the comment is deleted.
pub fn apply(comment: &Comment, verdict: &Verdict) -> Option<Decision> {
    if comment.is_deleted() {
        None
    } else if verdict.revision == comment.revision {
        apply_to_latest(comment, verdict)
    } else {
        apply_to_public(comment, verdict)
    }
}

/// The latest text becomes public, or not. Until it does, an older approved text stays public.
fn apply_to_latest(comment: &Comment, verdict: &Verdict) -> Option<Decision> {
    let applied = comment.verdict.as_ref().map_or(0, |applied| applied.version);
    if verdict.version <= applied {
        return None;
    }
    let (status, fact) = match verdict.outcome {
        Outcome::Approved => (CommentStatus::Approved, CommentFact::Approved),
        Outcome::Rejected => (CommentStatus::Rejected, CommentFact::Rejected),
        Outcome::Flagged => (CommentStatus::Pending, CommentFact::Held),
        Outcome::Unknown => return None,
    };
    let revision = verdict.revision;
    let (approved, approved_by, reason) = if status == CommentStatus::Approved {
        let body = comment.body.clone()?;
        (Some(ApprovedText { revision, body }), verdict.version, None)
    } else {
        let older = comment.approved.clone().filter(|text| text.revision != revision);
        let approved_by = older.as_ref().map_or(0, |_| comment.approved_by);
        (older, approved_by, verdict.reason.clone())
    };
    let judged = Comment {
        status,
        approved,
        approved_by,
        reason,
        verdict: Some(AppliedVerdict {
            version: verdict.version,
            note: verdict.note.clone(),
        }),
        ..comment.clone()
    };
    Some((judged, fact))
}

/// A text that is still public though there is a later one is hidden by a newer verdict against it.
fn apply_to_public(comment: &Comment, verdict: &Verdict) -> Option<Decision> {
    let public = comment.approved.as_ref()?;
    let against = matches!(verdict.outcome, Outcome::Rejected | Outcome::Flagged);
    if public.revision != verdict.revision || verdict.version <= comment.approved_by || !against {
        return None;
    }
    let hidden = Comment {
        approved: None,
        approved_by: 0,
        ..comment.clone()
    };
    Some((hidden, CommentFact::Held))
}

#[cfg(test)]
mod tests;
