//! Examples of the events of `moderation`.

use super::fixtures::{ANN, COMMENT, POST, time};
use crate::event::{
    DecidedBy, Outcome, ReportFact, ReportState, ReportStatus, RuleSummary, RulesetFact, RulesetState,
    VerdictFact, VerdictState,
};

/// Ben's comment is approved by the rules; Ann's post is held by them and then refused by a moderator.
pub(super) fn verdict(fact: VerdictFact) -> VerdictState {
    let (target, outcome, reason, decided_by) = match fact {
        VerdictFact::Approved => (COMMENT.into(), Outcome::Approved, None, DecidedBy::Rules),
        VerdictFact::Rejected => (POST.into(), Outcome::Rejected, Some("spam"), DecidedBy::Moderator),
        VerdictFact::Flagged => (POST.into(), Outcome::Flagged, Some("links"), DecidedBy::Rules),
    };
    let note = "Please write about rivers, not about shops.";
    VerdictState {
        target,
        revision: 1,
        outcome,
        reason: reason.map(str::to_owned),
        note: (decided_by == DecidedBy::Moderator).then(|| note.to_owned()),
        decided_by,
        rules_revision: 1,
        decided_at: time(60),
    }
}

pub(super) fn report(fact: ReportFact) -> ReportState {
    let resolved = fact == ReportFact::Resolved;
    ReportState {
        target: COMMENT.into(),
        revision: 1,
        reporter_id: ANN,
        reason: "off_topic".to_owned(),
        status: match fact {
            ReportFact::Filed => ReportStatus::Open,
            ReportFact::Resolved => ReportStatus::Upheld,
        },
        filed_at: time(50),
        resolved_at: resolved.then(|| time(60)),
    }
}

pub(super) fn ruleset(fact: RulesetFact) -> RulesetState {
    let RulesetFact::Changed = fact;
    let rule = |rule: &str, name: Option<&str>, action: &str, entries, threshold| RuleSummary {
        rule: rule.to_owned(),
        name: name.map(str::to_owned),
        action: action.to_owned(),
        entries,
        threshold,
    };
    RulesetState {
        revision: 2,
        rules: vec![
            rule("phrases", Some("insults"), "reject", Some(214), None),
            rule("links", None, "hold", None, Some(5)),
        ],
        report_threshold: 3,
        note: Some("Fewer links, after last week.".to_owned()),
        changed_at: time(60),
    }
}
