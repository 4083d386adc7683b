//! The active rules: who changed them, when, and what of them is published.

use common::{
    api::moderation::{Action, RuleSet},
    event::{RuleSummary, RulesetFact, RulesetState, Timestamp},
    ids::UserId,
};
use serde::{Deserialize, Serialize};

/// The active rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruleset {
    /// The number of changes, from 1.
    pub revision: u64,
    pub rules: RuleSet,
    /// Why the moderator changed them.
    pub note: Option<String>,
    pub changed_by: UserId,
    pub changed_at: Timestamp,
}

/// A moderator's change of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesetChange {
    pub rules: RuleSet,
    pub note: Option<String>,
    pub moderator_id: UserId,
}

/// Changes the rules; `None` if they are the same already.
pub fn change(
    prior: Option<&Ruleset>,
    change: &RulesetChange,
    now: Timestamp,
) -> Option<(Ruleset, RulesetFact)> {
    if prior.is_some_and(|prior| prior.rules == change.rules) {
        return None;
    }
    let changed = Ruleset {
        revision: prior.map_or(0, |prior| prior.revision) + 1,
        rules: change.rules.clone(),
        note: change.note.clone(),
        changed_by: change.moderator_id,
        changed_at: now,
    };
    Some((changed, RulesetFact::Changed))
}

impl Ruleset {
    /// The state that its events carry: no phrases and no domains.
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

/// A summary of each rule.
pub fn summary(rules: &RuleSet) -> Vec<RuleSummary> {
    let phrases = rules.phrases.iter().map(|list| {
        let entries = u32::try_from(list.phrases.len()).ok();
        rule("phrases", list.action, Some(&list.name), entries, None)
    });
    let domains = rules.domains.iter().map(|list| {
        let entries = u32::try_from(list.domains.len()).ok();
        rule("domains", list.action, Some(&list.name), entries, None)
    });
    let numbers = [
        ("links", rules.links.action, rules.links.max),
        (
            "repeated_text",
            rules.repeated_text.action,
            rules.repeated_text.max,
        ),
        (
            "first_comment",
            rules.first_comment.action,
            rules.first_comment.account_age_hours,
        ),
        ("capitals", rules.capitals.action, rules.capitals.min_length),
        ("post_links", rules.posts.links.action, rules.posts.links.max),
        (
            "post_capitals",
            rules.posts.capitals.action,
            rules.posts.capitals.min_length,
        ),
    ];
    let numbers = numbers.map(|(name, action, threshold)| rule(name, action, None, None, Some(threshold)));
    phrases.chain(domains).chain(numbers).collect()
}

fn rule(
    rule: &str,
    action: Action,
    name: Option<&str>,
    entries: Option<u32>,
    threshold: Option<u32>,
) -> RuleSummary {
    RuleSummary {
        rule: rule.to_owned(),
        name: name.map(str::to_owned),
        action: action.as_str().to_owned(),
        entries,
        threshold,
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

    fn changed_to(rules: RuleSet) -> RulesetChange {
        RulesetChange {
            rules,
            note: Some("because".to_owned()),
            moderator_id: UserId::from_uuid(uuid::Uuid::from_u128(1)),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000).unwrap()
    }

    #[test]
    fn given_rules_when_they_are_changed_then_the_revision_is_incremented_and_otherwise_nothing_changes() {
        let (first, fact) = change(None, &changed_to(insults()), at(1)).unwrap();
        assert_eq!((first.revision, fact), (1, RulesetFact::Changed));
        assert_eq!(change(Some(&first), &changed_to(insults()), at(2)), None);
        let (second, _) = change(Some(&first), &changed_to(RuleSet::default()), at(2)).unwrap();
        assert_eq!((second.revision, second.changed_at), (2, at(2)));
    }

    #[test]
    fn an_event_contains_the_number_of_phrases_and_not_the_phrases() {
        let (ruleset, _) = change(None, &changed_to(insults()), at(1)).unwrap();
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
            (7, 3, Some(5))
        );
    }
}
