//! The automatic rules, their history, and what they find.

use serde::{Deserialize, Serialize};

use crate::{
    api::patch::not_blank,
    event::{Outcome, Timestamp},
    ids::UserId,
};

/// What a rule does with a text that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Allow: phrases of the list excuse matches inside them, domains of the list are trusted, an exceeded limit is
    /// only noted
    Approve,
    /// Hold for review by a moderator
    Hold,
    /// Reject
    Reject,
    /// The rule is disabled
    Off,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 4] = [Self::Hold, Self::Reject, Self::Approve, Self::Off];

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Hold => "hold",
            Self::Reject => "reject",
            Self::Off => "off",
        }
    }

    /// The action with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// All rules. Missing rules have their defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RuleSet {
    /// Lists of words and phrases
    pub phrases: Vec<PhraseList>,
    /// The number of links
    pub links: LinkRule,
    /// Lists of domains
    pub domains: Vec<DomainList>,
    /// Repetitions of the same text
    pub repeated_text: RepeatRule,
    /// First comments of new accounts
    pub first_comment: FirstCommentRule,
    /// Runs of capital letters
    pub capitals: CapitalsRule,
    /// The number of open reports that hold a text for review; 0: never
    #[cfg_attr(feature = "openapi", schema(maximum = 1000))]
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

/// Words and phrases, matched at word boundaries regardless of case, accents, spacing and disguises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PhraseList {
    /// The name, unique among the lists; visible to moderators only
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 60))]
    pub name: String,
    /// What is done with a text that contains one of them
    pub action: Action,
    /// The reason code that the author sees, in snake case; the default is `banned_phrase`
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z][a-z0-9_]{0,39}$"))]
    pub reason: Option<String>,
    /// The phrases in plain spelling, each of 1 to 200 characters
    #[cfg_attr(feature = "openapi", schema(max_items = 10_000))]
    pub phrases: Vec<String>,
}

/// Domains with their subdomains and look-alikes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DomainList {
    /// The name, unique among the lists; visible to moderators only
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 60))]
    pub name: String,
    /// What is done with a text that links to one of them
    pub action: Action,
    /// The reason code that the author sees, in snake case; the default is `banned_domain`
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z][a-z0-9_]{0,39}$"))]
    pub reason: Option<String>,
    /// The domains, e.g. `example.com`
    #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
    pub domains: Vec<String>,
}

/// The number of links. Links to trusted domains do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LinkRule {
    /// The maximum number of links
    #[cfg_attr(feature = "openapi", schema(maximum = 1000))]
    pub max: u32,
    /// What is done with a text that has more
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

/// Repetitions of the same text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RepeatRule {
    /// The maximum number of other recent texts with the same content
    #[cfg_attr(feature = "openapi", schema(maximum = 1000))]
    pub max: u32,
    /// Texts with fewer letters and digits may be repeated
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub min_length: u32,
    /// What is done with a text that is repeated more often
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

/// First comments of new accounts, until a comment of the account is approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FirstCommentRule {
    /// How long an account counts as new, in hours
    #[cfg_attr(feature = "openapi", schema(maximum = 8784))]
    pub account_age_hours: u32,
    /// What is done with such a comment
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

/// Runs of capital letters without a lower-case letter between them. Code is exempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CapitalsRule {
    /// The shortest run that matches, not counting spaces and punctuation
    #[cfg_attr(feature = "openapi", schema(minimum = 5, maximum = 100_000))]
    pub min_length: u32,
    /// What is done with a text that has such a run
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

/// New rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct PutRules {
    /// All rules
    pub rules: RuleSet,
    /// Why the rules are changed
    #[serde(
        default,
        deserialize_with = "not_blank",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "validation", validate(length(max = 500)))]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub note: Option<String>,
}

/// The rules in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CurrentRules {
    /// The number of changes; 0 for the defaults
    pub revision: u64,
    /// All rules
    pub rules: RuleSet,
    /// Why they were last changed
    pub note: Option<String>,
    /// The moderator who changed them
    pub changed_by: Option<UserId>,
    /// When they were changed
    pub changed_at: Option<Timestamp>,
    /// The same as in `ETag`
    pub version: u64,
}

/// A revision of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RulesChange {
    /// The number of the revision, from 1
    pub revision: u64,
    /// A summary of each rule
    pub summary: Vec<RuleSummary>,
    /// The number of open reports that hold a text for review; 0: never
    pub report_threshold: u32,
    /// Why the rules were changed
    pub note: Option<String>,
    /// The moderator who changed them
    pub changed_by: UserId,
    /// When they were changed
    pub changed_at: Timestamp,
    /// All rules; absent in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<RuleSet>,
}

/// A summary of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleSummary {
    /// The kind of rule
    pub rule: String,
    /// The name of a list
    pub name: Option<String>,
    /// What the rule does
    pub action: String,
    /// The number of entries of a list
    pub entries: Option<u32>,
    /// The limit of a rule that has one
    pub threshold: Option<u32>,
}

/// A text to try the rules on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct TryRules {
    /// Markdown
    #[cfg_attr(feature = "validation", validate(length(max = 262_144)))]
    #[cfg_attr(feature = "openapi", schema(max_length = 262_144))]
    pub text: String,
    /// Rules that are not in effect yet; the default is the rules in effect
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RuleSet>,
}

/// What the rules would decide about a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RulesTrial {
    /// The decision
    pub outcome: Outcome,
    /// The reason, as a code in snake case; absent for an approved text
    pub reason: Option<String>,
    /// What was found, the deciding finding first; at most 20
    pub findings: Vec<Finding>,
    /// The revision of the rules; 0 for the defaults, and for rules that are not in effect
    pub rules_revision: u64,
}

/// A match of a rule in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// The kind of rule
    pub rule: RuleKind,
    /// What the rule does
    pub action: Action,
    /// The reason code, in snake case
    pub reason: String,
    /// The name of the list
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// The phrase or domain as it is listed
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The match as it is written in the text
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// The match with the text around it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// The line of the Markdown, from 1
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The number that exceeds `limit`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The limit
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// The kinds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A phrase of a list
    Phrases,
    /// A domain of a list
    Domains,
    /// Too many links
    Links,
    /// The same text too often
    RepeatedText,
    /// The first comment of a new account
    FirstComment,
    /// Too many capital letters
    Capitals,
}

impl RuleKind {
    /// The name, as in [`RuleSet`].
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

    /// The default reason code.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Phrases => "banned_phrase",
            Self::Domains => "banned_domain",
            Self::Links | Self::RepeatedText | Self::FirstComment | Self::Capitals => self.as_str(),
        }
    }
}
