//! Labels of outcomes, findings and rules, and links to content under review.

use common::{
    api::moderation::{Finding, Report, ReportReason, RuleKind, RuleSummary, RulesTrial, Subject},
    event::{DecidedBy, Outcome, ReportStatus, Target, TargetKind},
    ids::UserId,
};

use crate::review::reason_label;

/// The path of the page about a comment or post.
pub fn case_path(target: &Target) -> String {
    format!("/moderation/{}s/{}", target.kind.as_str(), target.id)
}

/// The users whose names are shown with a comment or post.
pub fn users(subject: &Subject) -> impl Iterator<Item = UserId> {
    let reporters = subject.reports.iter().map(|report| report.reporter_id);
    subject.author_id.into_iter().chain(reporters)
}

/// A kind of content.
pub fn kind(kind: &TargetKind) -> &'static str {
    match kind {
        TargetKind::Comment => "comment",
        TargetKind::Post => "post",
        TargetKind::Unknown => "text",
    }
}

/// The class of an outcome's badge.
pub fn outcome_class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "approved",
        Outcome::Rejected => "rejected",
        Outcome::Flagged | Outcome::Unknown => "held",
    }
}

/// `Held: contains too many links`
pub fn outcome(outcome: &Outcome, reason: &Option<String>) -> String {
    let label = match outcome {
        Outcome::Approved => "Approved",
        Outcome::Rejected => "Rejected",
        Outcome::Flagged => "Held",
        Outcome::Unknown => "Undecided",
    };
    match reason {
        Some(reason) => format!("{label}: {}", reason_label(reason)),
        None => label.to_owned(),
    }
}

/// Who decided, without a moderator's name.
pub fn decided_by(decided_by: &DecidedBy) -> &'static str {
    match decided_by {
        DecidedBy::Rules => "the rules",
        DecidedBy::Moderator => "a moderator",
        DecidedBy::Unknown => "an unknown party",
    }
}

/// The class and the label of a report's badge.
pub fn report_status(status: &ReportStatus) -> (&'static str, &'static str) {
    match status {
        ReportStatus::Open => ("open", "Open"),
        ReportStatus::Upheld => ("upheld", "Upheld"),
        ReportStatus::Dismissed => ("dismissed", "Dismissed"),
        ReportStatus::Lapsed => ("draft", "Content deleted"),
        ReportStatus::Unknown => ("draft", "Resolved"),
    }
}

/// The reason of a report.
pub fn report_reason(reason: &ReportReason) -> &'static str {
    match reason {
        ReportReason::Spam => "Spam or advertising",
        ReportReason::Abuse => "Harassment or abuse",
        ReportReason::OffTopic => "Off topic",
        ReportReason::Illegal => "Illegal content",
        ReportReason::Other => "Other",
    }
}

/// The reason of a report, by its code.
pub fn report_reason_code(code: &str) -> String {
    match ReportReason::from_code(code) {
        Some(reason) => report_reason(&reason).to_owned(),
        None => code.replace('_', " "),
    }
}

/// `2 reports: spam (2)`; the reasons are those of the first reports.
pub fn report_counts(count: &u64, first: &[Report]) -> String {
    let mut reasons: Vec<(String, u32)> = Vec::new();
    for report in first {
        let reason = report.reason.replace('_', " ");
        match reasons.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, number)) => *number += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(reason, number)| format!("{reason} ({number})"))
        .collect();
    let noun = if *count == 1 { "report" } else { "reports" };
    if reasons.is_empty() {
        format!("{count} {noun}")
    } else {
        format!("{count} {noun}: {}", reasons.join(", "))
    }
}

/// `Phrases “insults”: “flubber”, found as “fl*bber”, line 3`
pub fn finding(finding: &Finding) -> String {
    let mut text = rule(finding.rule.as_str()).to_owned();
    if let Some(list) = &finding.list {
        text = format!("{text} “{list}”");
    }
    if let Some(entry) = &finding.entry {
        text = format!("{text}: “{entry}”");
    }
    if let Some(found) = &finding.found
        && finding.entry.as_ref() != Some(found)
    {
        text = format!("{text}, found as “{found}”");
    }
    if let Some((count, limit)) = finding.count.zip(finding.limit) {
        text = format!("{text}: {count} (limit {limit})");
    }
    if let Some(line) = finding.line {
        text = format!("{text}, line {line}");
    }
    text
}

/// A kind of rule, by its name.
fn rule(name: &str) -> &str {
    const LABELS: [(RuleKind, &str); 6] = [
        (RuleKind::Phrases, "Phrases"),
        (RuleKind::Domains, "Domains"),
        (RuleKind::Links, "Links"),
        (RuleKind::RepeatedText, "Repeated text"),
        (RuleKind::FirstComment, "First comment"),
        (RuleKind::Capitals, "Capital letters"),
    ];
    let label = LABELS.iter().find(|(kind, _)| kind.as_str() == name);
    label.map_or(name, |(_, label)| label)
}

/// `Phrases “insults”: reject, 12 entries`
pub fn rule_summary(summary: &RuleSummary) -> String {
    let mut text = rule(&summary.rule).to_owned();
    if let Some(name) = &summary.name {
        text = format!("{text} “{name}”");
    }
    text = format!("{text}: {}", summary.action);
    match summary.entries {
        Some(1) => text = format!("{text}, 1 entry"),
        Some(entries) => text = format!("{text}, {entries} entries"),
        None => {}
    }
    if let Some(threshold) = summary.threshold {
        text = format!("{text}, {threshold}");
    }
    text
}

/// The result of a test of the rules.
pub fn trial(trial: &RulesTrial) -> String {
    let result = match trial.outcome {
        Outcome::Approved => "This would be published immediately.",
        Outcome::Flagged => "This would be held for review",
        Outcome::Rejected => "This would be rejected",
        Outcome::Unknown => "The result is unknown",
    };
    match &trial.reason {
        Some(reason) => format!("{result}: {}.", reason_label(reason)),
        None => result.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use common::api::moderation::Action;

    use super::*;

    #[test]
    fn a_finding_names_the_rule_and_the_line() {
        let phrase = Finding {
            rule: RuleKind::Phrases,
            action: Action::Hold,
            reason: "banned_phrase".to_owned(),
            list: Some("insults".to_owned()),
            entry: Some("flubber".to_owned()),
            found: Some("fl*bber".to_owned()),
            excerpt: None,
            line: Some(3),
            count: None,
            limit: None,
        };
        assert_eq!(
            finding(&phrase),
            "Phrases “insults”: “flubber”, found as “fl*bber”, line 3"
        );
        let links = Finding {
            rule: RuleKind::Links,
            list: None,
            entry: None,
            found: None,
            line: None,
            count: Some(6),
            limit: Some(5),
            ..phrase
        };
        assert_eq!(finding(&links), "Links: 6 (limit 5)");
    }

    #[test]
    fn outcomes_and_counts_have_labels() {
        assert_eq!(report_counts(&0, &[]), "0 reports");
        assert_eq!(outcome(&Outcome::Flagged, &None), "Held");
        assert_eq!(
            outcome(&Outcome::Rejected, &Some("spam".to_owned())),
            "Rejected: spam or advertising"
        );
    }
}
