//! The rules as moderators write them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a rule does with a text it finds something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing against it: a phrase of the list excuses what stands inside it, a domain of the list is trusted, and a
    /// number that is exceeded is only noted.
    Approve,
    /// A person is to look at it first.
    Hold,
    /// It is refused.
    Reject,
    /// The rule is switched off.
    Off,
}

impl Action {
    /// The action's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Hold => "hold",
            Self::Reject => "reject",
            Self::Off => "off",
        }
    }
}

/// All rules. What is left out has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSet {
    /// Lists of words and phrases.
    pub phrases: Vec<PhraseList>,
    /// How many links a text may have.
    pub links: LinkRule,
    /// Lists of domains.
    pub domains: Vec<DomainList>,
    /// How often the same text may be posted.
    pub repeated_text: RepeatRule,
    /// Whether a new account's first comment waits.
    pub first_comment: FirstCommentRule,
    /// How much may be written in capitals.
    pub capitals: CapitalsRule,
    /// So many people's open reports of one text have it held; 0: never.
    pub report_threshold: u32,
}

impl Default for RuleSet {
    fn default() -> Self {
        Self {
            phrases: Vec::new(),
            links: LinkRule::default(),
            domains: Vec::new(),
            repeated_text: RepeatRule::default(),
            first_comment: FirstCommentRule::default(),
            capitals: CapitalsRule::default(),
            report_threshold: 3,
        }
    }
}

/// Words and phrases, found at word boundaries whatever their case, accents, spacing or disguise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhraseList {
    /// For moderators; no two lists have the same.
    pub name: String,
    /// What is done when one of them is found.
    pub action: Action,
    /// The code the author is told, in snake case; `banned_phrase` if absent.
    #[serde(default)]
    pub reason: Option<String>,
    /// The phrases, as one would write them.
    pub phrases: Vec<String>,
}

/// Domains, each with all its subdomains and look-alikes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainList {
    /// For moderators; no two lists have the same.
    pub name: String,
    /// What is done when one of them is found.
    pub action: Action,
    /// The code the author is told, in snake case; `banned_domain` if absent.
    #[serde(default)]
    pub reason: Option<String>,
    /// The domains, e.g. `example.com`.
    pub domains: Vec<String>,
}

/// How many links a text may have. Links to trusted domains do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinkRule {
    /// More than these are too many.
    pub max: u32,
    /// What is done then.
    pub action: Action,
}

impl Default for LinkRule {
    fn default() -> Self {
        Self {
            max: 5,
            action: Action::Hold,
        }
    }
}

/// How often the same text may be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RepeatRule {
    /// More recent texts than these that say the same are too many.
    pub max: u32,
    /// Texts with fewer letters and digits may be repeated: many people say "Thank you!".
    pub min_length: u32,
    /// What is done then.
    pub action: Action,
}

impl Default for RepeatRule {
    fn default() -> Self {
        Self {
            max: 2,
            min_length: 20,
            action: Action::Hold,
        }
    }
}

/// Whether the comments of a new account wait until one of them was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FirstCommentRule {
    /// An account is new for so many hours.
    pub account_age_hours: u32,
    /// What is done then.
    pub action: Action,
}

impl Default for FirstCommentRule {
    fn default() -> Self {
        Self {
            account_age_hours: 24,
            action: Action::Off,
        }
    }
}

/// How much may be written in capitals without a small letter between. Code is free to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CapitalsRule {
    /// So many capitals on end, blanks and punctuation not counted, are too many.
    pub min_length: u32,
    /// What is done then.
    pub action: Action,
}

impl Default for CapitalsRule {
    fn default() -> Self {
        Self {
            min_length: 80,
            action: Action::Hold,
        }
    }
}
