//! A case: a comment or post with the decision in effect and the earlier ones.
//!
//! Each decision is about one text. A moderator's decision outweighs the rules and the number of reports, for that text
//! only: the next text is judged by the rules again. A redelivered event leads to no second decision.

use common::{
    api::moderation::Finding,
    event::{DecidedBy, Outcome, Target, Timestamp, VerdictFact, VerdictState},
    ids::UserId,
};
use serde::{Deserialize, Serialize};

use super::rules::Judgement;

/// The maximum number of earlier decisions; the oldest are dropped.
pub const MAX_HISTORY: usize = 32;

/// The reason code of a text that enough users have reported.
pub const REPORTED: &str = "reported";

/// A comment or post with its decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub target: Target,
    /// The decision in effect.
    pub decision: Decision,
    /// Earlier decisions, oldest first, at most [`MAX_HISTORY`].
    pub history: Vec<Decision>,
}

/// A decision about one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The revision of a comment, or a version of a post that has the text.
    pub revision: u64,
    /// The digest of the text ([`Text::digest`](super::Text::digest)).
    pub digest: String,
    pub outcome: Outcome,
    /// The reason, as a code.
    pub reason: Option<String>,
    /// A moderator's note to the author.
    pub note: Option<String>,
    pub decided_by: DecidedBy,
    pub moderator_id: Option<UserId>,
    /// The revision of the active rules.
    pub rules_revision: u64,
    /// What the rules found, for moderators. It quotes nothing of the text, since it is kept longer than the text.
    pub matched: Vec<String>,
    pub decided_at: Timestamp,
}

/// A new text of a comment or post, and by which rules it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewedText<'a> {
    pub target: Target,
    pub revision: u64,
    pub digest: &'a str,
    pub rules_revision: u64,
    /// Whether it has enough open reports to be held whatever the rules find.
    pub is_reported: bool,
}

/// What a moderator decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeratorDecision {
    pub moderator_id: UserId,
    /// The text that the moderator has read.
    pub revision: u64,
    /// The reason of a rejection, as a code; without one the text is approved.
    pub rejected_for: Option<String>,
    /// A note to the author.
    pub note: Option<String>,
}

/// Why a decision is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    #[error("the text is now revision {current}")]
    TextChanged { current: u64 },
    #[error("the comment or post was deleted")]
    Deleted,
}

/// The new state of a case, and the fact.
pub type Change = (Case, VerdictFact);

/// Judges a new text; `None` if this or a later text has been judged.
pub fn judge(
    prior: Option<&Case>,
    text: ReviewedText<'_>,
    judgement: &Judgement,
    now: Timestamp,
) -> Option<Change> {
    let Some(prior) = prior else {
        let case = Case {
            target: text.target,
            decision: decide_by_rules(text, judgement, now),
            history: Vec::new(),
        };
        let fact = case.decision.fact();
        return Some((case, fact));
    };
    if text.revision <= prior.decision.revision {
        return None;
    }
    if text.digest == prior.decision.digest {
        // The same text again, e.g. after a change of the post's tags. The decision stands and is published for this
        // version, too, so that a late event of a version in between is not taken for a new text.
        let mut case = prior.clone();
        case.decision.revision = text.revision;
        let fact = case.decision.fact();
        return Some((case, fact));
    }
    let decision = match prior.moderator_decision_on(text.digest) {
        Some(decision) => Decision {
            revision: text.revision,
            ..decision.clone()
        },
        None => decide_by_rules(text, judgement, now),
    };
    Some(prior.with(decision))
}

/// Holds an approved text because enough users have reported it; `None` if it is not approved, or a moderator has
/// approved it.
pub fn hold(case: &Case, rules_revision: u64, now: Timestamp) -> Option<Change> {
    let current = &case.decision;
    if current.outcome != Outcome::Approved || current.decided_by == DecidedBy::Moderator {
        return None;
    }
    let held = Decision {
        outcome: Outcome::Flagged,
        reason: Some(REPORTED.to_owned()),
        note: None,
        decided_by: DecidedBy::Rules,
        rules_revision,
        matched: Vec::new(),
        decided_at: now,
        ..current.clone()
    };
    Some(case.with(held))
}

/// Applies a moderator's decision; `None` if a moderator has already made the same decision.
///
/// # Errors
/// If it is about another text than the current one.
pub fn decide(
    case: &Case,
    decision: &ModeratorDecision,
    now: Timestamp,
) -> Result<Option<Change>, CaseError> {
    let current = &case.decision;
    if decision.revision != current.revision {
        return Err(CaseError::TextChanged {
            current: current.revision,
        });
    }
    let outcome = match decision.rejected_for {
        Some(_) => Outcome::Rejected,
        None => Outcome::Approved,
    };
    let unchanged = current.decided_by == DecidedBy::Moderator
        && current.outcome == outcome
        && current.reason == decision.rejected_for
        && current.note == decision.note;
    if unchanged {
        return Ok(None);
    }
    let decision = Decision {
        outcome,
        reason: decision.rejected_for.clone(),
        note: decision.note.clone(),
        decided_by: DecidedBy::Moderator,
        moderator_id: Some(decision.moderator_id),
        matched: Vec::new(),
        decided_at: now,
        ..current.clone()
    };
    Ok(Some(case.with(decision)))
}

fn decide_by_rules(text: ReviewedText<'_>, judgement: &Judgement, now: Timestamp) -> Decision {
    let (outcome, reason) = match judgement.outcome {
        Outcome::Approved if text.is_reported => (Outcome::Flagged, Some(REPORTED.to_owned())),
        outcome => (outcome, judgement.reason.clone()),
    };
    Decision {
        revision: text.revision,
        digest: text.digest.to_owned(),
        outcome,
        reason,
        note: None,
        decided_by: DecidedBy::Rules,
        moderator_id: None,
        rules_revision: text.rules_revision,
        matched: judgement.findings.iter().map(summarise).collect(),
        decided_at: now,
    }
}

/// `phrases insults: flubber`, `links: 6, at most 5`.
fn summarise(finding: &Finding) -> String {
    let mut text = finding.rule.as_str().to_owned();
    if let Some(list) = &finding.list {
        text = format!("{text} {list}");
    }
    if let Some(entry) = &finding.entry {
        text = format!("{text}: {entry}");
    }
    if let Some((count, limit)) = finding.count.zip(finding.limit) {
        text = format!("{text}: {count}, at most {limit}");
    }
    text
}

impl Case {
    /// The state that its events carry: no text, no moderator (the actor of the event), no findings.
    pub fn to_public(&self) -> VerdictState {
        let decision = &self.decision;
        VerdictState {
            target: self.target,
            revision: decision.revision,
            outcome: decision.outcome,
            reason: decision.reason.clone(),
            note: decision.note.clone(),
            decided_by: decision.decided_by,
            rules_revision: decision.rules_revision,
            decided_at: decision.decided_at,
        }
    }

    /// Whether any of its texts has been public. A post is public until it is rejected.
    pub fn was_public(&self) -> bool {
        let mut all = self.history.iter().chain([&self.decision]);
        self.target.post().is_some() || all.any(|decision| decision.outcome == Outcome::Approved)
    }

    /// The last decision of a moderator about the text with this digest.
    fn moderator_decision_on(&self, digest: &str) -> Option<&Decision> {
        let mut all = self.history.iter().rev();
        all.find(|decision| decision.digest == digest && decision.decided_by == DecidedBy::Moderator)
    }

    fn with(&self, decision: Decision) -> Change {
        let earlier = self.history.iter().chain([&self.decision]);
        let surplus = (self.history.len() + 1).saturating_sub(MAX_HISTORY);
        let fact = decision.fact();
        let case = Self {
            target: self.target,
            decision,
            history: earlier.skip(surplus).cloned().collect(),
        };
        (case, fact)
    }
}

impl Decision {
    /// The fact that publishes it.
    pub fn fact(&self) -> VerdictFact {
        match self.outcome {
            Outcome::Approved => VerdictFact::Approved,
            Outcome::Rejected => VerdictFact::Rejected,
            // An outcome of a newer release: a moderator is to decide.
            Outcome::Flagged | Outcome::Unknown => VerdictFact::Flagged,
        }
    }
}

#[cfg(test)]
mod tests;
