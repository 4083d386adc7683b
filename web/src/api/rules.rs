//! The rules of moderation, as `moderation` answers and takes them.

use common::{api::Page, event::Timestamp, ids::UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Api, Part, Trouble, with_query};

/// Changes on one page of the history.
const HISTORY_PAGE: &str = "10";

/// What a rule does with a text it finds something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Approve,
    Hold,
    Reject,
    Off,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 4] = [Self::Hold, Self::Reject, Self::Approve, Self::Off];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Hold => "hold",
            Self::Reject => "reject",
            Self::Off => "off",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// All rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    pub phrases: Vec<PhraseList>,
    pub links: LinkRule,
    pub domains: Vec<DomainList>,
    pub repeated_text: RepeatRule,
    pub first_comment: FirstCommentRule,
    pub capitals: CapitalsRule,
    pub report_threshold: u32,
}

/// Words and phrases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhraseList {
    pub name: String,
    pub action: Action,
    pub reason: Option<String>,
    pub phrases: Vec<String>,
}

/// Domains, each with all its subdomains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainList {
    pub name: String,
    pub action: Action,
    pub reason: Option<String>,
    pub domains: Vec<String>,
}

/// How many links a text may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRule {
    pub max: u32,
    pub action: Action,
}

/// How often the same text may be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatRule {
    pub max: u32,
    pub min_length: u32,
    pub action: Action,
}

/// Whether the comments of a new account wait until one of them was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstCommentRule {
    pub account_age_hours: u32,
    pub action: Action,
}

/// How much may be written in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapitalsRule {
    pub min_length: u32,
    pub action: Action,
}

/// The rules in force.
#[derive(Debug, Clone, Deserialize)]
pub struct InForce {
    /// Counts the changes; 0 as long as nobody changed the defaults.
    pub revision: u64,
    pub rules: RuleSet,
    /// For `If-Match`.
    pub version: u64,
}

/// Rules that are or were in force.
#[derive(Debug, Clone, Deserialize)]
pub struct RulesChange {
    pub revision: u64,
    pub summary: Vec<RuleSummary>,
    pub report_threshold: u32,
    pub note: Option<String>,
    pub changed_by: Option<UserId>,
    pub changed_at: Timestamp,
    /// Absent in lists.
    #[serde(default)]
    pub rules: Option<RuleSet>,
}

/// A rule, summed up.
#[derive(Debug, Clone, Deserialize)]
pub struct RuleSummary {
    pub rule: String,
    pub name: Option<String>,
    pub action: String,
    pub entries: Option<u32>,
    pub threshold: Option<u32>,
}

/// Something a rule found.
#[derive(Debug, Clone, Deserialize)]
pub struct Finding {
    pub rule: String,
    pub action: Action,
    pub list: Option<String>,
    pub entry: Option<String>,
    /// What it is in the text, as it is written there.
    pub found: Option<String>,
    pub line: Option<u32>,
    pub count: Option<u32>,
    pub limit: Option<u32>,
}

/// What the rules would say of a text.
#[derive(Debug, Clone, Deserialize)]
pub struct Trial {
    pub outcome: common::event::Outcome,
    pub reason: Option<String>,
    pub findings: Vec<Finding>,
}

impl Api {
    /// The rules in force.
    ///
    /// # Errors
    /// If moderation is away.
    pub async fn rules(&self) -> Result<Answer<InForce>, Trouble> {
        self.get(Part::Moderation, "/api/moderation/rules").send().await
    }

    /// Puts all rules in place of those of `version`.
    ///
    /// # Errors
    /// If moderation is away, a rule cannot be used, or they have changed.
    pub async fn put_rules(
        &self,
        rules: &RuleSet,
        note: Option<&str>,
        version: u64,
    ) -> Result<Answer<InForce>, Trouble> {
        let body = json!({ "rules": rules, "note": note });
        let call = self.put(Part::Moderation, "/api/moderation/rules");
        call.if_match(version).json(&body).send().await
    }

    /// A page of the changes of the rules, newest first.
    ///
    /// # Errors
    /// If moderation is away, or the cursor is none.
    pub async fn rules_history(&self, after: Option<&str>) -> Result<Answer<Page<RulesChange>>, Trouble> {
        let parameters = [("cursor", after), ("limit", Some(HISTORY_PAGE))];
        let path = with_query("/api/moderation/rules/history", &parameters);
        self.get(Part::Moderation, path).send().await
    }

    /// The rules as they were.
    ///
    /// # Errors
    /// If moderation is away, or does not keep them.
    pub async fn rules_revision(&self, revision: u64) -> Result<Answer<RulesChange>, Trouble> {
        let path = format!("/api/moderation/rules/history/{revision}");
        self.get(Part::Moderation, path).send().await
    }

    /// What the rules in force would say of a text.
    ///
    /// # Errors
    /// If moderation is away, or the text is too long.
    pub async fn try_rules(&self, text: &str) -> Result<Answer<Trial>, Trouble> {
        let call = self.post(Part::Moderation, "/api/moderation/rules/try");
        call.json(&json!({ "text": text })).send().await
    }
}
