//! What becomes of a comment by a verdict on one of its texts.
//!
//! A verdict is about one revision, so that one which comes late cannot approve a text that nobody looked at; and
//! it has a version, so that of two on the same revision the newer one holds, in whatever order they come.

use common::event::{ApprovedText, CommentFact, CommentStatus, Outcome, VerdictState};
use serde::{Deserialize, Serialize};

use super::{Comment, Decision};

/// What was decided about one text of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Counts what was decided about the comment, whichever text it was.
    pub version: u64,
    /// Which text.
    pub revision: u32,
    /// What was decided.
    pub outcome: Outcome,
    /// Why, as a code.
    pub reason: Option<String>,
    /// Words for the author.
    pub note: Option<String>,
}

/// What is kept of the verdict on the latest text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The verdict's version.
    pub version: u64,
    /// Words for the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Verdict {
    /// The verdict `state` at `version`; `None` if no comment has such a revision.
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

/// Does what `verdict` says; `None` if it is about a text that is neither the latest nor public, or was overtaken
/// by a newer one, or the comment is gone.
pub fn apply(comment: &Comment, verdict: &Verdict) -> Option<Decision> {
    if comment.is_deleted() {
        None
    } else if verdict.revision == comment.revision {
        to_latest(comment, verdict)
    } else {
        to_shown(comment, verdict)
    }
}

/// The latest text becomes public, or not. An older one that was approved stays public meanwhile.
fn to_latest(comment: &Comment, verdict: &Verdict) -> Option<Decision> {
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
        verdict: Some(Applied {
            version: verdict.version,
            note: verdict.note.clone(),
        }),
        ..comment.clone()
    };
    Some((judged, fact))
}

/// A text that was edited in the meantime and is still the public one is taken down by a newer verdict against it.
fn to_shown(comment: &Comment, verdict: &Verdict) -> Option<Decision> {
    let shown = comment.approved.as_ref()?;
    let against = matches!(verdict.outcome, Outcome::Rejected | Outcome::Flagged);
    if shown.revision != verdict.revision || verdict.version <= comment.approved_by || !against {
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
