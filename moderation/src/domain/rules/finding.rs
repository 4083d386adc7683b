//! What was found in a text, for moderators to see, and what follows from it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Action, plain::Plain};

/// What is decided of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It may be public.
    Approved,
    /// A person is to look at it first.
    Flagged,
    /// It may not be public.
    Rejected,
}

/// The kinds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A phrase of a list.
    Phrases,
    /// A domain of a list.
    Domains,
    /// Too many links.
    Links,
    /// The same text too often.
    RepeatedText,
    /// A new account's first comment.
    FirstComment,
    /// Too many capitals.
    Capitals,
}

impl Rule {
    /// Its name in the rule set.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phrases => "phrases",
            Self::Domains => "domains",
            Self::Links => "links",
            Self::RepeatedText => "repeated_text",
            Self::FirstComment => "first_comment",
            Self::Capitals => "capitals",
        }
    }

    /// The reason code, where its list has none of its own.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Phrases => "banned_phrase",
            Self::Domains => "banned_domain",
            Self::Links | Self::RepeatedText | Self::FirstComment | Self::Capitals => self.as_str(),
        }
    }
}

/// Something a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Which kind of rule.
    pub rule: Rule,
    /// What the rule does.
    pub action: Action,
    /// The reason code, in snake case.
    pub reason: String,
    /// The name of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// The phrase or domain, as it is listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// What it is in the text, as it is written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// It with some of the text around.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// In which line of the Markdown, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// How many there are, where too many are the matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How many there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// So many characters of the text are shown before and after what was found.
const AROUND: usize = 40;
/// So many characters of what was found.
const MAX_FOUND: usize = 200;

impl Finding {
    pub(super) fn of(rule: Rule, action: Action, reason: Option<&str>) -> Self {
        Self {
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

    /// Says where it is: from one byte of the text up to the letter at another.
    pub(super) fn at(&mut self, plain: &Plain<'_>, from: usize, last: usize) {
        let Some((before, rest)) = plain.text.split_at_checked(from) else {
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
            .take(AROUND)
            .last()
            .map_or(from, |(at, _)| at);
        let found: String = found.chars().take(MAX_FOUND).collect();
        let after: String = after.chars().take(AROUND).collect();
        self.excerpt = Some(format!("{}{found}{after}", &before[begin..]));
        self.found = Some(found);
        self.line = u32::try_from(plain.line(from)).ok();
    }

    /// Says what is written, and where if it is there as it stands.
    pub(super) fn written(&mut self, plain: &Plain<'_>, written: &str) {
        match plain.text.find(written) {
            Some(from) => {
                let last = written.char_indices().next_back().map_or(0, |(at, _)| at);
                self.at(plain, from, from + last);
            }
            None => self.found = Some(written.chars().take(MAX_FOUND).collect()),
        }
    }
}

/// What the rules say of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Judgement {
    /// What is decided.
    pub outcome: Outcome,
    /// Why, as a code in snake case; absent where nothing is against it.
    pub reason: Option<String>,
    /// What was found, that which decides first; at most 20.
    pub findings: Vec<Finding>,
}

/// So many findings are told of each action.
const MAX_FINDINGS: usize = 20;

/// Findings by what they do, strictest first.
#[derive(Debug, Default)]
pub(super) struct Findings {
    rejected: Vec<Finding>,
    held: Vec<Finding>,
    noted: Vec<Finding>,
}

impl Findings {
    /// Adds one if there is room for it.
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

    /// Adds one if there are more than there may be.
    pub(super) fn count(&mut self, rule: Rule, action: Action, count: usize, limit: u32) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count > limit {
            let finding = || Finding {
                count: Some(count),
                limit: Some(limit),
                ..Finding::of(rule, action, None)
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
