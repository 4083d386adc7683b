//! What the rules found in a text, for moderators, and the judgement that follows.

use common::{
    api::moderation::{Action, Finding, RuleKind},
    event::Outcome,
};

use super::shown::Shown;

/// The maximum length of the text shown before and after a match, in characters.
const EXCERPT_CHARS: usize = 40;
/// The maximum length of a match that is shown, in characters.
const MAX_FOUND: usize = 200;

/// A match of a rule, without its place in the text.
pub(super) fn new(rule: RuleKind, action: Action, reason: Option<&str>) -> Finding {
    Finding {
        rule,
        action,
        reason: reason.unwrap_or(rule.reason()).to_owned(),
        list: None,
        entry: None,
        found: None,
        excerpt: None,
        line: None,
        count: None,
        limit: None,
    }
}

/// Sets the match, the text around it and its line. It begins at the byte `from` of the text and ends with the letter
/// at the byte `last`.
pub(super) fn locate(finding: &mut Finding, shown: &Shown, from: usize, last: usize) {
    let Some((before, rest)) = shown.text.split_at_checked(from) else {
        return;
    };
    let length = last.saturating_sub(from);
    let end = length
        + rest
            .get(length..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
    let (found, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let begin = before
        .char_indices()
        .rev()
        .take(EXCERPT_CHARS)
        .last()
        .map_or(from, |(at, _)| at);
    let found: String = found.chars().take(MAX_FOUND).collect();
    let after: String = after.chars().take(EXCERPT_CHARS).collect();
    finding.excerpt = Some(format!("{}{found}{after}", &before[begin..]));
    finding.found = Some(found);
    finding.line = Some(shown.line(from));
}

/// Sets the match, and its place if it stands in the text as it is written.
pub(super) fn locate_written(finding: &mut Finding, shown: &Shown, written: &str) {
    match shown.text.find(written) {
        Some(from) => {
            let last = written.char_indices().next_back().map_or(0, |(at, _)| at);
            locate(finding, shown, from, from + last);
        }
        None => finding.found = Some(written.chars().take(MAX_FOUND).collect()),
    }
}

/// The judgement of the rules about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The decision.
    pub outcome: Outcome,
    /// The reason, as a code in snake case; absent for an approved text.
    pub reason: Option<String>,
    /// What was found, the deciding finding first; at most 20.
    pub findings: Vec<Finding>,
}

/// The maximum number of findings of each action.
const MAX_FINDINGS: usize = 20;

/// Findings by action, the strictest first.
#[derive(Debug, Default)]
pub(super) struct Findings {
    rejected: Vec<Finding>,
    held: Vec<Finding>,
    noted: Vec<Finding>,
}

impl Findings {
    /// Adds a finding, up to [`MAX_FINDINGS`].
    pub(super) fn add(&mut self, finding: impl FnOnce() -> Finding, action: Action) {
        let place = match action {
            Action::Reject => &mut self.rejected,
            Action::Hold => &mut self.held,
            Action::Approve => &mut self.noted,
            Action::Off => return,
        };
        if place.len() < MAX_FINDINGS {
            place.push(finding());
        }
    }

    /// Adds a finding if `count` exceeds `limit`.
    pub(super) fn count(&mut self, rule: RuleKind, action: Action, count: usize, limit: u32) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count > limit {
            let finding = || Finding {
                count: Some(count),
                limit: Some(limit),
                ..new(rule, action, None)
            };
            self.add(finding, action);
        }
    }

    pub(super) fn judgement(self) -> Judgement {
        let deciding = self.rejected.first().map(|found| (Outcome::Rejected, found));
        let deciding = deciding.or_else(|| self.held.first().map(|found| (Outcome::Flagged, found)));
        let (outcome, reason) = match deciding {
            Some((outcome, finding)) => (outcome, Some(finding.reason.clone())),
            None => (Outcome::Approved, None),
        };
        let mut findings = self.rejected;
        findings.extend(self.held);
        findings.extend(self.noted);
        findings.truncate(MAX_FINDINGS);
        Judgement {
            outcome,
            reason,
            findings,
        }
    }
}
