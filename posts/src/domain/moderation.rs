//! What a verdict on a post's text means for the post. Posts are judged after they are published.
//!
//! A verdict is about one text, known by its digest: a change of tags does not lift it, and neither does writing
//! another text and then the same again. What the author writes anew is free until it is judged.

use common::event::{Outcome, PostFact, VerdictState};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::post::{Decision, DecisionContext, Post, PostError, Status, Text};

/// The newest verdict on a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Counts what was decided about the post, whichever text it was.
    pub version: u64,
    /// What was decided.
    pub outcome: Outcome,
    /// Why, as a code.
    pub reason: Option<String>,
    /// Words for the author.
    pub note: Option<String>,
    /// Of the text that was judged; absent if the author had changed it before the verdict came.
    pub digest: Option<String>,
}

/// What is to be done about a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Unpublish,
    Republish,
}

impl Verdict {
    /// The verdict `state` at `version`, come when the post was `post`.
    pub fn new(state: &VerdictState, version: u64, post: &Post) -> Self {
        // It names the version of an event; the text is the present one if none came after that.
        let present = state.revision >= post.text_version;
        Self {
            version,
            outcome: state.outcome,
            reason: state.reason.clone(),
            note: state.note.clone(),
            digest: present.then(|| digest(&post.text)),
        }
    }

    /// Whether it is about the present text of `post`.
    pub fn applies_to(&self, post: &Post) -> bool {
        self.digest
            .as_ref()
            .is_some_and(|judged| *judged == digest(&post.text))
    }

    /// Whether it keeps the present text of `post` from being public.
    pub fn forbids(&self, post: &Post) -> bool {
        matches!(self.outcome, Outcome::Rejected | Outcome::Flagged) && self.applies_to(post)
    }

    /// Whether there is something to do about `post`.
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

    /// Whether it was done to a post that stands so. Before that, which takes milliseconds, its author is told nothing
    /// of it: what stands there would contradict it.
    pub fn is_enforced(&self, status: Status, held_back: bool) -> bool {
        self.step_from(status, held_back).is_none()
    }
}

/// Does what `verdict` says: takes the post down, or puts up again what was taken down; `None` if it is so already.
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

/// Refuses a decision that would make public what `verdict` forbids.
///
/// # Errors
/// [`PostError::UnderReview`] or [`PostError::Rejected`].
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

/// A planned publication came due while `verdict` forbids it: the plan is over, and an approval publishes the post.
pub fn hold_back(decision: Option<(Post, PostFact)>, verdict: Option<&Verdict>) -> Option<(Post, PostFact)> {
    let (mut next, fact) = decision?;
    if !verdict.is_some_and(|verdict| verdict.forbids(&next)) {
        return Some((next, fact));
    }
    next.status = Status::Draft;
    next.held_back = true;
    Some((next, PostFact::Updated))
}

/// Tells texts apart, title and summary included: SHA-256 of their parts, each behind its length, in hexadecimal.
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
