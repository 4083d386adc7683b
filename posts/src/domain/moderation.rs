//! The effect of a verdict on a post. Posts are moderated after they are published.
//!
//! A verdict applies to one text, identified by its digest: neither a change of tags nor restoring the same text later
//! lifts it. A changed text may be published until it is moderated.

use common::{
    api::posts::PostModeration,
    event::{Outcome, PostFact, VerdictState},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::post::{Decision, DecisionContext, Post, PostError, Status, Text};

/// The newest verdict on a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The version of the verdict aggregate, counted across all texts of the post.
    pub version: u64,
    /// The decision.
    pub outcome: Outcome,
    /// The reason as a code.
    pub reason: Option<String>,
    /// A note to the author.
    pub note: Option<String>,
    /// The digest of the moderated text; `None` if the author changed the text before the verdict arrived.
    pub digest: Option<String>,
}

/// How a verdict changes a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Unpublish,
    Republish,
}

impl Verdict {
    /// The verdict `state` at `version`, received when the post was `post`.
    pub fn new(state: &VerdictState, version: u64, post: &Post) -> Self {
        // The verdict names the version of an event; the text is the current one if it is not newer than that.
        let current = state.revision >= post.text_version;
        Self {
            version,
            outcome: state.outcome,
            reason: state.reason.clone(),
            note: state.note.clone(),
            digest: current.then(|| digest(&post.text)),
        }
    }

    /// What its author sees of it; `None` for an outcome of a newer release.
    pub fn for_author(&self) -> Option<PostModeration> {
        (self.outcome != Outcome::Unknown).then(|| PostModeration {
            status: self.outcome,
            reason: self.reason.clone(),
            note: self.note.clone(),
        })
    }

    /// Whether it applies to the current text of `post`.
    pub fn applies_to(&self, post: &Post) -> bool {
        self.digest
            .as_ref()
            .is_some_and(|moderated| *moderated == digest(&post.text))
    }

    /// Whether it forbids publishing the current text of `post`.
    pub fn forbids(&self, post: &Post) -> bool {
        matches!(self.outcome, Outcome::Rejected | Outcome::Flagged) && self.applies_to(post)
    }

    /// Whether `post` does not comply with it yet.
    pub fn needs_enforcement(&self, post: &Post) -> bool {
        self.step(post).is_some()
    }

    fn step(&self, post: &Post) -> Option<Step> {
        self.step_from(post.status, post.held_back)
            .filter(|_| self.applies_to(post))
    }

    fn step_from(&self, status: Status, held_back: bool) -> Option<Step> {
        match (status, self.outcome) {
            (Status::Published, Outcome::Rejected | Outcome::Flagged) => Some(Step::Unpublish),
            (Status::Draft, Outcome::Approved) if held_back => Some(Step::Republish),
            _ => None,
        }
    }

    /// Whether a post with that status complies with it. Until then, which takes milliseconds, the author does not see
    /// the verdict, since the status of the post would contradict it.
    pub fn is_enforced(&self, status: Status, held_back: bool) -> bool {
        self.step_from(status, held_back).is_none()
    }
}

/// Applies `verdict`: unpublishes the post, or republishes one that a verdict unpublished; `None` if nothing changes.
pub fn enforce(post: &Post, verdict: &Verdict, at: DecisionContext) -> Option<(Post, PostFact)> {
    let step = verdict.step(post)?;
    let mut next = post.clone();
    next.updated_at = at.now;
    match step {
        Step::Unpublish => {
            next.status = Status::Draft;
            next.held_back = true;
            Some((next, PostFact::Unpublished))
        }
        Step::Republish => {
            next.publish(at);
            Some((next, PostFact::Published))
        }
    }
}

/// Refuses a decision that would publish a text that `verdict` forbids.
pub fn check_publication(decision: Option<(Post, PostFact)>, verdict: Option<&Verdict>) -> Decision {
    let Some((next, fact)) = decision else {
        return Ok(None);
    };
    let forbids = |verdict: &&Verdict| next.status == Status::Published && verdict.forbids(&next);
    match verdict.filter(forbids) {
        None => Ok(Some((next, fact))),
        Some(verdict) if verdict.outcome == Outcome::Flagged => Err(PostError::UnderReview),
        Some(verdict) => Err(PostError::Rejected {
            reason: verdict.reason.clone(),
        }),
    }
}

/// The decision about a scheduled publication that is due while `verdict` forbids it: the schedule ends, and an
/// approval publishes the post.
pub fn hold_back(decision: Option<(Post, PostFact)>, verdict: Option<&Verdict>) -> Option<(Post, PostFact)> {
    let (mut next, fact) = decision?;
    if !verdict.is_some_and(|verdict| verdict.forbids(&next)) {
        return Some((next, fact));
    }
    next.status = Status::Draft;
    next.held_back = true;
    Some((next, PostFact::Updated))
}

/// The digest of a text with its title and summary: SHA-256 of the parts, each prefixed by its length, in hexadecimal.
pub fn digest(text: &Text) -> String {
    let mut hash = Sha256::new();
    let summary = text.summary.as_deref();
    for part in [Some(text.title.as_str()), Some(text.body.as_str()), summary] {
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        hash.update(length.to_le_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
