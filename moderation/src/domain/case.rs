//! A case: one comment or post, the present decision on it and those before.
//!
//! Each decision is about one text. A moderator's decision on a text outweighs whatever the rules or the number of
//! reports say of that text; the next text is judged anew. What was decided once is not decided again because its
//! event comes a second time.

use common::{
    api::moderation::Finding,
    event::{DecidedBy, Outcome, Target, Timestamp, VerdictFact, VerdictState},
    ids::UserId,
};
use serde::{Deserialize, Serialize};

use super::rules::Judgement;

/// So many former decisions are kept; the oldest are forgotten.
pub const MAX_HISTORY: usize = 32;

/// The reason code of a text that enough people reported.
pub const REPORTED: &str = "reported";

/// A comment or post with what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub target: Target,
    /// The decision in force.
    pub decision: Decision,
    /// Those before it, oldest first, at most [`MAX_HISTORY`].
    pub history: Vec<Decision>,
}

/// What was decided about one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Which text: a comment's revision, or a version of the post that had it.
    pub revision: u64,
    /// Names the text itself ([`Text::digest`](super::Text::digest)).
    pub digest: String,
    pub outcome: Outcome,
    /// Why, as a code.
    pub reason: Option<String>,
    /// A moderator's words for the author.
    pub note: Option<String>,
    pub decided_by: DecidedBy,
    pub moderator_id: Option<UserId>,
    /// The rules in force.
    pub rules_revision: u64,
    /// What the rules found, for moderators: no words of the text, since it outlives the text.
    pub matched: Vec<String>,
    pub decided_at: Timestamp,
}

/// A text that was judged, and by which rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged<'a> {
    pub target: Target,
    pub revision: u64,
    pub digest: &'a str,
    pub rules_revision: u64,
    /// Whether so many reports of it are open that it is held whatever the rules find.
    pub is_reported: bool,
}

/// What a moderator decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    pub moderator_id: UserId,
    /// The text that they have seen.
    pub revision: u64,
    /// Why not, as a code; without it the text is approved.
    pub rejected_for: Option<String>,
    /// Words for the author.
    pub note: Option<String>,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// It has another text by now.
    #[error("the text is now revision {current}")]
    TextChanged { current: u64 },
    /// What it is about was deleted.
    #[error("it was deleted")]
    Gone,
}

/// A case as it is to be, and what happened.
pub type Change = (Case, VerdictFact);

/// What is decided about a text that has come; `None` if it, or a later one, was decided before.
pub fn judge(prior: Option<&Case>, judged: Judged<'_>, found: &Judgement, now: Timestamp) -> Option<Change> {
    let Some(prior) = prior else {
        let case = Case {
            target: judged.target,
            decision: by_rules(judged, found, now),
            history: Vec::new(),
        };
        let fact = case.decision.fact();
        return Some((case, fact));
    };
    if judged.revision <= prior.decision.revision {
        return None;
    }
    if judged.digest == prior.decision.digest {
        // The same text once more, as when a post's tags change or it is published again: the decision stands, and
        // is said of this version too, so that a late event of a version between cannot be taken for a new text.
        let mut case = prior.clone();
        case.decision.revision = judged.revision;
        let fact = case.decision.fact();
        return Some((case, fact));
    }
    let decision = match prior.moderators_word_on(judged.digest) {
        Some(word) => Decision {
            revision: judged.revision,
            ..word.clone()
        },
        None => by_rules(judged, found, now),
    };
    Some(prior.with(decision))
}

/// Holds an approved text because enough people reported it; `None` if it is not approved, or a moderator did that.
pub fn hold(case: &Case, rules_revision: u64, now: Timestamp) -> Option<Change> {
    let present = &case.decision;
    if present.outcome != Outcome::Approved || present.decided_by == DecidedBy::Moderator {
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
        ..present.clone()
    };
    Some(case.with(held))
}

/// What a moderator's word makes of a case; `None` if a moderator has said just that before.
///
/// # Errors
/// If they speak of another text than the present one.
pub fn rule(case: &Case, ruling: &Ruling, now: Timestamp) -> Result<Option<Change>, CaseError> {
    let present = &case.decision;
    if ruling.revision != present.revision {
        return Err(CaseError::TextChanged {
            current: present.revision,
        });
    }
    let outcome = match ruling.rejected_for {
        Some(_) => Outcome::Rejected,
        None => Outcome::Approved,
    };
    let unchanged = present.decided_by == DecidedBy::Moderator
        && present.outcome == outcome
        && present.reason == ruling.rejected_for
        && present.note == ruling.note;
    if unchanged {
        return Ok(None);
    }
    let decision = Decision {
        outcome,
        reason: ruling.rejected_for.clone(),
        note: ruling.note.clone(),
        decided_by: DecidedBy::Moderator,
        moderator_id: Some(ruling.moderator_id),
        matched: Vec::new(),
        decided_at: now,
        ..present.clone()
    };
    Ok(Some(case.with(decision)))
}

fn by_rules(judged: Judged<'_>, found: &Judgement, now: Timestamp) -> Decision {
    let (outcome, reason) = match found.outcome {
        Outcome::Approved if judged.is_reported => (Outcome::Flagged, Some(REPORTED.to_owned())),
        outcome => (outcome, found.reason.clone()),
    };
    Decision {
        revision: judged.revision,
        digest: judged.digest.to_owned(),
        outcome,
        reason,
        note: None,
        decided_by: DecidedBy::Rules,
        moderator_id: None,
        rules_revision: judged.rules_revision,
        matched: found.findings.iter().map(matched).collect(),
        decided_at: now,
    }
}

/// `phrases insults: flubber`, `links: 6, at most 5`.
fn matched(finding: &Finding) -> String {
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
    /// What its events carry: no text, no moderator's name (that is the event's actor), nothing that was found.
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

    /// Whether any text of it was public by a decision made here.
    pub fn was_public(&self) -> bool {
        let mut all = self.history.iter().chain([&self.decision]);
        // A post is public until it is decided otherwise.
        self.target.post().is_some() || all.any(|decision| decision.outcome == Outcome::Approved)
    }

    /// The last that a moderator said of the text of that digest.
    fn moderators_word_on(&self, digest: &str) -> Option<&Decision> {
        let mut all = self.history.iter().rev();
        all.find(|decision| decision.digest == digest && decision.decided_by == DecidedBy::Moderator)
    }

    fn with(&self, decision: Decision) -> Change {
        let kept = self.history.iter().chain([&self.decision]);
        let surplus = (self.history.len() + 1).saturating_sub(MAX_HISTORY);
        let fact = decision.fact();
        let case = Self {
            target: self.target,
            decision,
            history: kept.skip(surplus).cloned().collect(),
        };
        (case, fact)
    }
}

impl Decision {
    /// What happened when it was made.
    pub fn fact(&self) -> VerdictFact {
        match self.outcome {
            Outcome::Approved => VerdictFact::Approved,
            Outcome::Rejected => VerdictFact::Rejected,
            // An outcome of a newer release cannot be acted on by this one: a person is to look.
            Outcome::Flagged | Outcome::Unknown => VerdictFact::Flagged,
        }
    }
}

#[cfg(test)]
mod tests;
