//! The rules in force: who changed them, when, and what of it everybody may know.

use common::{
    api::moderation::{Action, RuleSet},
    event::{RuleSummary, RulesetFact, RulesetState, Timestamp},
    ids::UserId,
};
use serde::{Deserialize, Serialize};

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruleset {
    /// Counts the changes, from 1.
    pub revision: u64,
    pub rules: RuleSet,
    /// What the moderator wrote about the change.
    pub note: Option<String>,
    pub changed_by: UserId,
    pub changed_at: Timestamp,
}

/// A change that a moderator makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    pub rules: RuleSet,
    pub note: Option<String>,
    pub moderator_id: UserId,
}

/// The rules as `amendment` makes them; `None` if they are so already.
pub fn amend(
    prior: Option<&Ruleset>,
    amendment: &Amendment,
    now: Timestamp,
) -> Option<(Ruleset, RulesetFact)> {
    if prior.is_some_and(|prior| prior.rules == amendment.rules) {
        return None;
    }
    let changed = Ruleset {
        revision: prior.map_or(0, |prior| prior.revision) + 1,
        rules: amendment.rules.clone(),
        note: amendment.note.clone(),
        changed_by: amendment.moderator_id,
        changed_at: now,
    };
    Some((changed, RulesetFact::Changed))
}

impl Ruleset {
    /// What its events carry: no phrase and no domain.
    pub fn to_public(&self) -> RulesetState {
        RulesetState {
            revision: self.revision,
            rules: summary(&self.rules),
            report_threshold: self.rules.report_threshold,
            note: self.note.clone(),
            changed_at: self.changed_at,
        }
    }
}

/// Each rule, summed up.
pub fn summary(rules: &RuleSet) -> Vec<RuleSummary> {
    let phrases = rules
        .phrases
        .iter()
        .map(|list| list_of("phrases", &list.name, list.action, list.phrases.len()));
    let domains = rules
        .domains
        .iter()
        .map(|list| list_of("domains", &list.name, list.action, list.domains.len()));
    let numbers = [
        number("links", rules.links.action, rules.links.max),
        number(
            "repeated_text",
            rules.repeated_text.action,
            rules.repeated_text.max,
        ),
        number(
            "first_comment",
            rules.first_comment.action,
            rules.first_comment.account_age_hours,
        ),
        number("capitals", rules.capitals.action, rules.capitals.min_length),
    ];
    phrases.chain(domains).chain(numbers).collect()
}

fn list_of(rule: &str, name: &str, action: Action, entries: usize) -> RuleSummary {
    RuleSummary {
        rule: rule.to_owned(),
        name: Some(name.to_owned()),
        action: action.as_str().to_owned(),
        entries: u32::try_from(entries).ok(),
        threshold: None,
    }
}

fn number(rule: &str, action: Action, threshold: u32) -> RuleSummary {
    RuleSummary {
        rule: rule.to_owned(),
        name: None,
        action: action.as_str().to_owned(),
        entries: None,
        threshold: Some(threshold),
    }
}

#[cfg(test)]
mod tests {
    use common::api::moderation::PhraseList;

    use super::*;

    fn insults() -> RuleSet {
        RuleSet {
            phrases: vec![PhraseList {
                name: "insults".to_owned(),
                action: Action::Reject,
                reason: None,
                phrases: vec!["secret phrase".to_owned(), "another".to_owned()],
            }],
            ..RuleSet::default()
        }
    }

    fn amendment(rules: RuleSet) -> Amendment {
        Amendment {
            rules,
            note: Some("because".to_owned()),
            moderator_id: UserId::from_uuid(uuid::Uuid::from_u128(1)),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000).unwrap()
    }

    #[test]
    fn given_rules_when_they_are_changed_then_the_revision_counts_up_and_else_nothing_happens() {
        let (first, fact) = amend(None, &amendment(insults()), at(1)).unwrap();
        assert_eq!((first.revision, fact), (1, RulesetFact::Changed));
        assert_eq!(amend(Some(&first), &amendment(insults()), at(2)), None);
        let (second, _) = amend(Some(&first), &amendment(RuleSet::default()), at(2)).unwrap();
        assert_eq!((second.revision, second.changed_at), (2, at(2)));
    }

    #[test]
    fn an_event_tells_how_many_phrases_there_are_and_not_which() {
        let (ruleset, _) = amend(None, &amendment(insults()), at(1)).unwrap();
        let public = ruleset.to_public();
        let json = serde_json::to_string(&public).unwrap();
        assert!(!json.contains("secret"), "{json}");
        let phrases = &public.rules[0];
        assert_eq!(
            (phrases.name.as_deref(), phrases.action.as_str(), phrases.entries),
            (Some("insults"), "reject", Some(2))
        );
        assert_eq!(
            (
                public.rules.len(),
                public.report_threshold,
                public.rules[1].threshold
            ),
            (5, 3, Some(5))
        );
    }
}
